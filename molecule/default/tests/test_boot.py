from testinfra.host import Host


def test_boot(host: Host) -> None:
    """The guest has a systemd that is content."""
    assert host.check_output("systemctl is-system-running") == "running"
