"""The HTTP endpoint of Matomo's tracking API: makes a request durable in the queue, then answers."""
