"""What systemd and its services have to say to each other: notifications, watchdog, journal, units over D-Bus."""
