"""Real servers for tests: started on free ports of 127.0.0.1, with their data in temporary folders."""
