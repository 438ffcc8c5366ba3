"""What the roles leave on a host: units, files, sockets, accounts, the journal."""

from __future__ import annotations

import pytest
from testinfra.host import Host

SERVICES = (
    "redis-server.service",
    "qtd.service",
    "qtd-ingest.service",
    "qtd-worker@1.service",
    "qtd-worker@2.service",
)


def test_units_run_and_start_with_the_host(host: Host) -> None:
    """Socket, endpoint, supervisor and Redis are enabled; the supervisor has started its workers, and no more."""
    for unit in (
        "qtd.target",
        "qtd-ingest.socket",
        "qtd-ingest.service",
        "qtd.service",
        "redis-server.service",
    ):
        assert host.service(unit).is_enabled, unit
        assert host.service(unit).is_running, unit
    workers = host.check_output("systemctl list-units --plain --no-legend 'qtd-worker@*' | cut -d ' ' -f 1")
    assert workers.split() == ["qtd-worker@1.service", "qtd-worker@2.service"]


def test_units_are_those_of_the_release(host: Host) -> None:
    """Each unit is the one that the installed wheel brings."""
    for unit in ("qtd.service", "qtd-worker@.service", "qtd-ingest.socket", "qtd.target", "qtd.slice"):
        host.check_output("cmp /etc/systemd/system/%s /opt/qtd/venv/share/qtd/systemd/%s", unit, unit)


@pytest.mark.parametrize(
    ("path", "owner", "group", "mode"),
    [
        ("/etc/qtd", "root", "qtd", 0o750),
        ("/etc/qtd/qtd.yaml", "root", "qtd", 0o640),
        ("/etc/qtd/credentials", "root", "root", 0o700),
        ("/etc/qtd/credentials/redis", "root", "root", 0o600),
        ("/etc/qtd/credentials/database", "root", "root", 0o600),
        ("/etc/polkit-1/rules.d/50-qtd.rules", "root", "root", 0o644),
        ("/etc/redis/qtd.conf", "root", "redis", 0o640),
        ("/etc/redis/qtd.acl", "root", "redis", 0o640),
    ],
)
def test_files_belong_to_whom_they_should(host: Host, path: str, owner: str, group: str, mode: int) -> None:
    """What is secret is readable to nobody else."""
    file = host.file(path)
    assert (file.user, file.group, oct(file.mode)) == (owner, group, oct(mode))


def test_no_secret_is_in_the_configuration(host: Host) -> None:
    """qtd.yaml names credentials; Redis' accounts hold digests."""
    text = host.file("/etc/qtd/qtd.yaml").content_string + host.file("/etc/redis/qtd.acl").content_string
    assert "of-the-" not in text
    assert "password_file: qtd_redis" in text


def test_it_listens_on_this_host_only(host: Host) -> None:
    """Endpoint and Redis are open, and not to the network."""
    for port in (8088, 6379):
        assert host.socket(f"tcp://127.0.0.1:{port}").is_listening, port
        assert not host.socket(f"tcp://0.0.0.0:{port}").is_listening, port


def test_redis_keeps_what_it_is_given(host: Host) -> None:
    """AOF, noeviction and the limit are in force; nobody gets in without an account; qtd's has few rights."""
    asked = host.check_output(
        "REDISCLI_AUTH=of-the-admin redis-cli --user admin config get 'maxmemory*' appendonly appendfsync save"
    ).split("\n")
    found = dict(zip(asked[::2], asked[1::2], strict=True))
    assert found["appendonly"] == "yes"
    assert found["appendfsync"] == "everysec"
    assert found["maxmemory-policy"] == "noeviction"
    assert found["maxmemory"] == str(128 << 20)
    assert host.check_output("redis-cli llen trackingQueueV1").startswith("NOAUTH")
    refused = host.check_output("REDISCLI_AUTH=of-the-queues redis-cli --user qtd flushall")
    assert refused.startswith("NOPERM")


def test_what_redis_held_before_is_still_there(host: Host) -> None:
    """It was taken over while it ran without a log of changes, and has lost nothing."""
    held = host.check_output("REDISCLI_AUTH=of-the-admin redis-cli --user admin lrange former-queue 0 -1")
    assert held.split() == ["one", "two"]


def test_the_sandbox_takes_effect(host: Host) -> None:
    """A worker has no capability, filtered system calls, and a file system that it can not write to."""
    pid = host.check_output("systemctl show -P MainPID qtd-worker@1")
    status = host.file(f"/proc/{pid}/status").content_string
    assert "CapBnd:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    assert " / / ro," in host.file(f"/proc/{pid}/mountinfo").content_string


def test_the_journal_has_no_complaint(host: Host) -> None:
    """The services told of their start, and of nothing that went wrong."""
    host.check_output("journalctl --sync")
    assert "ingest_started" in host.check_output(
        "journalctl --no-pager -o cat -u qtd-ingest QTD_EVENT=ingest_started"
    )
    assert host.check_output("journalctl --no-pager -o cat -p warning -u 'qtd*'") == ""
