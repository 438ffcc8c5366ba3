"""The supervisor: as many workers running as are wanted, through systemd or as child processes."""
