"""Workers: take batches off the queues and have them recorded, once each and in order."""
