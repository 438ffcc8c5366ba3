"""Two hosts, each with endpoint, supervisor and workers, one Redis, one database: they share the queues."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.systemd.guests import Guest, podman
from tests.systemd.installed import BASE, Installed, Load

#: Seconds: a host that is gone keeps its rows for twice as long as a command may take.
_LOCK, _COMMAND = 4, 5


@pytest.fixture(scope="session")
def second_once(new_host: Callable[[str], Installed]) -> Installed:
    """Give another guest with qtd, whose own servers are not needed."""
    second = new_host("web02")
    second.guest.run("systemctl stop mariadb redis-server")
    return second


@pytest.fixture
def hosts(qtd: Installed, second_once: Installed) -> Iterator[tuple[Installed, Installed]]:
    """Give both, stopped; Redis and database are those of the first."""
    first, second = qtd, second_once
    _open_to_others(first.guest)
    address = first.guest.address
    for host in (first, second):
        host.configure(
            redis={"hosts": [f"{address}:6379"]},
            database=BASE["database"]
            | {"url": f"mysql+pymysql://qtd@{address}/qtd"}
            | {"lock_timeout_seconds": _LOCK, "command_timeout_seconds": _COMMAND},
            log={"level": "debug"},
        )
    second.guest.mark()
    yield first, second
    second.stop()


def _open_to_others(guest: Guest) -> None:
    guest.write("/etc/mysql/mariadb.conf.d/99-others.cnf", "[mysqld]\nbind-address = *\n")
    guest.run("systemctl restart mariadb")
    guest.run("redis-cli config set bind '*' && redis-cli config set protected-mode no")
    guest.run(
        "mariadb -e \"CREATE USER IF NOT EXISTS qtd@'%' IDENTIFIED BY 'secret-of-the-test';"
        " GRANT ALL ON qtd.* TO qtd@'%'\""
    )


def batches(host: Installed) -> set[int]:
    """The queues of which a host has recorded batches."""
    return {int(entry["QTD_QUEUE"]) for entry in host.guest.events("batch_applied")}


@contextmanager
def loads(first: Installed, second: Installed, seconds: float) -> Iterator[tuple[Load, Load]]:
    """Send page views to both endpoints meanwhile."""
    with first.load(seconds) as one, second.load(seconds) as other:
        yield one, other


def test_both_record_what_both_accept(hosts: tuple[Installed, Installed]) -> None:
    """Each host's workers take batches off the same queues, and every accepted page view is recorded once."""
    first, second = hosts
    first.start()
    second.start()
    with loads(first, second, 8) as taken:
        pass
    assert [load.failures for load in taken] == [{}, {}]
    first.until_empty()
    assert batches(first)
    assert batches(second)
    assert (first.recorded(), first.doubled()) == (sum(load.accepted for load in taken), [])


def test_killed_workers_leave_their_queues_to_the_other_host(hosts: tuple[Installed, Installed]) -> None:
    """In the middle of their work, and nobody starts them again: their locks run out, and all is recorded, once."""
    first, second = hosts
    second.drop_in("qtd-worker@.service", "[Service]\nRestart=no\n")
    first.start()
    second.start()
    with first.load(12) as load:
        second.guest.until("the second host records", lambda: batches(second))
        second.guest.run("systemctl stop qtd.service && systemctl kill --signal=KILL 'qtd-worker@*.service'")
        first.guest.mark()
        first.guest.until("the first has all queues", lambda: batches(first) == {0, 1, 2, 3})
    assert second.running() == set()
    first.until_empty()
    assert (load.failures, first.recorded(), first.doubled()) == ({}, load.accepted, [])


def test_a_frozen_host_leaves_its_queues_to_the_other(hosts: tuple[Installed, Installed]) -> None:
    """In the middle of transactions, which keep queues' rows: the database ends them; thawed, it repeats nothing."""
    first, second = hosts
    first.guest.run("systemctl start qtd-ingest.service")
    second.guest.run("systemctl start qtd.target qtd.service")
    second.until_running(2)
    with _held(first.guest, "log_visit"), first.load(1) as before:
        first.guest.until("both workers of the second wait", lambda: _waiting(first.guest) == 2)
        podman("pause", second.guest.name)
    try:
        first.start()
        first.until_empty()
        assert (first.recorded(), first.doubled()) == (before.accepted, [])
    finally:
        podman("unpause", second.guest.name)
    second.guest.mark()
    with first.load(10) as after:
        second.guest.until("the second records again", lambda: batches(second))
    first.until_empty()
    assert (first.recorded(), first.doubled()) == (before.accepted + after.accepted, [])


@contextmanager
def _held(guest: Guest, table: str) -> Iterator[None]:
    """Have everybody wait for a table meanwhile."""
    command = guest.command("mariadb --unbuffered --skip-column-names qtd")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"LOCK TABLES {table} WRITE; SELECT 'held';\n")
        client.stdin.flush()
        assert client.stdout.readline() == "held\n"
        yield
        client.stdin.close()


def _waiting(guest: Guest) -> int:
    """How many statements wait for a table."""
    statement = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
    return int(guest.run(f'mariadb -N -e "{statement}"'))
