"""Compares our native engine with recordings of Matomo: entries in, rows out, equal or not."""
