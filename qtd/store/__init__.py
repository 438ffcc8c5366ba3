"""Matomo's tables, and a few of our own: looked up and written a batch at a time."""
