"""The native engine: request sets, known visits and settings in; rows out. Pure: no I/O of any kind."""
