"""Queues of entries: one contract, one file per backend."""
