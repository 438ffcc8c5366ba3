"""The services on a real systemd: what they are allowed, how they die, how they come back."""

from __future__ import annotations

import pytest

from tests.systemd.installed import Installed

SERVICES = ("qtd.service", "qtd-ingest.service", "qtd-worker@1.service")


def test_all_start_and_say_what_they_do(qtd: Installed) -> None:
    """One command starts everything; ready means that broker and database answered; the status is worth reading."""
    qtd.start()
    guest = qtd.guest
    for service in SERVICES:
        assert guest.show(service, "ActiveState") == "active"
    guest.until(
        "the supervisor's status", lambda: "2 of 2 workers run" in guest.show("qtd.service", "StatusText")
    )
    with qtd.load(8) as load:
        pass
    assert (load.failed, load.accepted) == (0, load.sent)
    qtd.until_empty()
    assert qtd.recorded() == load.accepted
    assert "accepted" in guest.show("qtd-ingest.service", "StatusText")


def test_the_sandbox_is_there(qtd: Installed) -> None:
    """Effects, not settings: no capabilities, filtered system calls, a file system that is read-only, own user."""
    qtd.start()
    guest = qtd.guest
    for service in SERVICES:
        pid = guest.show(service, "MainPID")
        status = guest.run(f"cat /proc/{pid}/status")
        for line in (
            "NoNewPrivs:\t1",
            "Seccomp:\t2",
            "CapBnd:\t0000000000000000",
            "CapEff:\t0000000000000000",
        ):
            assert line in status, service
        assert guest.run(f"stat -c %U /proc/{pid}") == "qtd"
        mounts = guest.run(f"cat /proc/{pid}/mountinfo")
        assert " / / ro," in mounts, service
        assert "/run/credentials/" in mounts, service
        assert guest.show(service, "ControlGroup").startswith("/qtd.slice/")


def test_a_start_may_last_longer_than_systemd_would_wait(qtd: Installed) -> None:
    """While Redis is away a worker asks for more time, and its status says what for; there, it becomes ready."""
    guest, unit = qtd.guest, "qtd-worker@1.service"
    qtd.drop_in("qtd-worker@.service", "[Service]\nTimeoutStartSec=15s\n")
    guest.run("systemctl stop redis-server && systemctl start --no-block qtd-worker@1.service")
    guest.until("it waits", lambda: "waiting for redis" in guest.show(unit, "StatusText"))
    began = int(guest.show(unit, "ExecMainStartTimestampMonotonic"))
    guest.until("16 seconds are over", lambda: _monotonic(qtd) - began > 16_000_000)
    assert (guest.show(unit, "ActiveState"), guest.show(unit, "NRestarts")) == ("activating", "0")
    guest.run("systemctl start redis-server")
    guest.until("it is ready", lambda: guest.show(unit, "ActiveState") == "active")
    assert guest.show(unit, "NRestarts") == "0"


def _monotonic(qtd: Installed) -> int:
    """The guest's clock that systemd goes by, in microseconds."""
    return int(float(qtd.guest.run("cut -d ' ' -f 1 /proc/uptime")) * 1_000_000)


def test_the_supervisor_may_do_nothing_else(qtd: Installed) -> None:
    """User qtd starts and stops its workers, and is refused everything else."""
    guest = qtd.guest
    qtd.start()
    as_qtd = "runuser -u qtd -- systemctl --no-ask-password"
    for verb, state in (("restart", "active"), ("stop", "inactive"), ("start", "active")):
        guest.run(f"{as_qtd} {verb} qtd-worker@2.service")
        assert guest.show("qtd-worker@2.service", "ActiveState") == state
    for refused in (
        "stop redis-server.service",
        "start redis-server.service",
        "restart qtd-ingest.socket",
        "stop qtd-ingest.service",
        "restart qtd.service",
        "kill qtd-worker@1.service",
        "set-property qtd-worker@1.service MemoryMax=1G",
        "daemon-reload",
    ):
        assert guest.try_run(f"{as_qtd} {refused}").returncode != 0, refused


def test_a_killed_worker_comes_back_and_nothing_is_lost_or_twice(qtd: Installed) -> None:
    """SIGKILL in the middle of its work: what it had begun is done again, once."""
    qtd.start()
    guest = qtd.guest
    with qtd.load(12) as load:
        for worker in (1, 2, 1):
            guest.until("some work", lambda: qtd.recorded() > 50)
            restarts = int(guest.show(f"qtd-worker@{worker}.service", "NRestarts"))
            guest.run(f"systemctl kill -s KILL qtd-worker@{worker}.service")
            qtd.until_restarted(worker, restarts + 1)
    assert load.failed == 0
    qtd.until_empty()
    assert qtd.recorded() == load.accepted


def test_a_frozen_worker_is_restarted_by_the_watchdog(qtd: Installed) -> None:
    """SIGSTOP: no sign of life from the loop; systemd kills it and starts another."""
    qtd.drop_in("qtd-worker@.service", "[Service]\nWatchdogSec=3s\nTimeoutAbortSec=1s\n")
    qtd.start()
    guest = qtd.guest
    frozen = guest.show("qtd-worker@1.service", "MainPID")
    with qtd.load(10) as load:
        guest.run(f"kill -STOP {frozen}")
        qtd.until_restarted(1)
    qtd.until_running(2)
    guest.until_said("Watchdog timeout", "-u", "qtd-worker@1.service")
    qtd.until_empty()
    assert (load.failed, qtd.recorded()) == (0, load.accepted)


def test_the_watchdogs_signal_leaves_the_stack_in_the_journal(qtd: Installed) -> None:
    """SIGABRT is answered by Python with the stacks of all threads, as errors of the unit."""
    qtd.start()
    guest = qtd.guest
    guest.run("systemctl kill -s ABRT qtd-worker@1.service")
    qtd.until_restarted(1)
    guest.until_said("Fatal Python error: Aborted", "-u", "qtd-worker@1.service", "-p", "err")
    guest.until_said("qtd/worker/loop.py", "-u", "qtd-worker@1.service", "-p", "err")


def test_the_socket_opens_as_often_as_somebody_wants(qtd: Installed) -> None:
    """Ten times in a few seconds: systemd's own limit, five in ten seconds, would leave it failed."""
    guest = qtd.guest
    guest.run(
        "for n in $(seq 10); do systemctl start qtd-ingest.socket && systemctl stop qtd-ingest.socket; done"
    )
    assert guest.show("qtd-ingest.socket", "Result") == "success"


@pytest.mark.parametrize("unit", ["qtd.service", "qtd-ingest.service", "qtd-worker@1.service"])
def test_a_wrong_configuration_is_said_and_not_tried_again(qtd: Installed, unit: str) -> None:
    """Exit code 2 ends it: the journal has the key's path, and no restarts follow."""
    guest = qtd.guest
    qtd.configure(workers={"count": 99})
    assert guest.try_run(f"systemctl start {unit}").returncode != 0
    assert guest.show(unit, "NRestarts") == "0"
    assert guest.show(unit, "ExecMainStatus") == "2"
    guest.until_said("workers.count: 99 is more than queue.count", "-u", unit, "-p", "err")
