"""What goes over the wire: PHP's view of a tracking request, and the queue entry that carries it."""
