"""It does what it is for, and goes on when something ends: workers, Redis, the host."""

from __future__ import annotations

import json
from functools import partial

from guests import restart, until
from testinfra.host import Host
from tracking import hit, until_recorded

AS_SERVICE = (
    "systemd-run --quiet --wait --pipe --collect --property=User=qtd --property=StateDirectory=qtd"
    " --property=LoadCredential=qtd:/etc/qtd/credentials"
)
MAIN_PID = "systemctl show -P MainPID qtd-worker@1"


def _runs(host: Host, unit: str) -> bool:
    return bool(host.service(unit).is_running)


def _has_written(host: Host) -> bool:
    """Whether nothing that Redis took is in its memory only."""
    said = host.check_output("REDISCLI_AUTH=of-the-admin redis-cli --user admin info persistence")
    return "aof_buffer_length:0" in said.split()


def test_a_hit_arrives_in_the_database(host: Host) -> None:
    """A page view is answered, and is one row of Matomo's tables."""
    until_recorded(host, [hit(host)])


def test_the_doctor_finds_nothing_wrong(host: Host) -> None:
    """`qtd test`, as a service, has no error."""
    said = host.run(f"{AS_SERVICE} /opt/qtd/venv/bin/qtd test --json --config /etc/qtd/qtd.yaml")
    assert said.rc == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)


def test_a_worker_that_is_killed_comes_back(host: Host) -> None:
    """It is started again, and hits arrive as before."""
    before = host.check_output(MAIN_PID)
    host.check_output("systemctl kill --signal=KILL qtd-worker@1")
    page = hit(host)
    until("another process is worker 1", lambda: host.check_output(MAIN_PID) not in (before, "0"))
    until("worker 1 runs again", partial(_runs, host, "qtd-worker@1"))
    until_recorded(host, [page])


def test_a_hit_while_redis_is_away_is_not_lost(host: Host) -> None:
    """Redis is killed and kept from coming back: the hit is answered, kept, and recorded once when Redis is there."""
    queued = hit(host)
    # With `appendfsync everysec` Redis may answer up to two seconds before it writes (docs/guarantees.md).
    until("Redis has written what it took", partial(_has_written, host))
    host.check_output("systemctl kill --signal=KILL redis-server && systemctl stop redis-server")
    spooled = hit(host)
    host.check_output("systemctl start redis-server")
    until_recorded(host, [queued, spooled])


def test_everything_comes_back_with_the_host(host: Host) -> None:
    """After a restart of the host all runs without anybody's help, and hits arrive."""
    restart(host)
    for unit in (
        "redis-server",
        "mariadb",
        "qtd",
        "qtd-ingest.socket",
        "qtd-ingest",
        "qtd-worker@1",
        "qtd-worker@2",
    ):
        until(f"{unit} runs", partial(_runs, host, unit))
    until_recorded(host, [hit(host)])
