"""Matomo's settings, read from its tables and configuration files, or from ours where there is no Matomo."""
