"""What administrators do, and what happens to them, under load: the books have to balance."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

from tests.systemd.installed import Installed

#: One to four workers, decided upon within seconds.
SCALED: dict[str, Any] = {
    "min": 1,
    "lock_seconds": 5,
    "retry_max_seconds": 2.0,
    "scale_up_lag_seconds": 3.0,
    "scale_up_pause_seconds": 2.0,
    "scale_down_lag_seconds": 1.0,
    "scale_down_after_seconds": 3.0,
}


def _ended(qtd: Installed, unit: str) -> bool:
    return qtd.guest.show(unit, "ActiveState") == "inactive"


def test_a_restart_of_the_endpoint_fails_no_request(qtd: Installed) -> None:
    """The socket stays open in systemd's hands: clients wait a moment, and nobody is refused."""
    qtd.start()
    with qtd.load(10) as load:
        for _ in range(3):
            time.sleep(1.5)  # the load's time, which is the machine's
            qtd.guest.run("systemctl restart qtd-ingest.service")
    assert (load.failed, load.accepted) == (0, load.sent), load.failures
    qtd.until_empty()
    assert qtd.recorded() == load.accepted


def test_several_processes_share_the_socket(qtd: Installed) -> None:
    """Also with them a restart fails no request, and one that hangs is replaced."""
    qtd.configure(ingest={"processes": 2})
    qtd.start()
    guest = qtd.guest
    main = guest.show("qtd-ingest.service", "MainPID")
    assert len(guest.run(f"pgrep -P {main}").split()) == 2
    with qtd.load(8) as load:
        time.sleep(2)
        guest.run("systemctl restart qtd-ingest.service")
    assert (load.failed, load.accepted) == (0, load.sent), load.failures
    qtd.until_empty()
    assert qtd.recorded() == load.accepted


def test_an_upgrade_fails_no_request_and_loses_no_hit(qtd: Installed) -> None:
    """`systemctl restart qtd.target` restarts everything but the socket."""
    qtd.start()
    guest = qtd.guest
    services = ("qtd.service", "qtd-ingest.service", "qtd-worker@1.service", "qtd-worker@2.service")
    before = [guest.show(service, "MainPID") for service in services]
    with qtd.load(12) as load:
        time.sleep(2)
        guest.run("systemctl restart qtd.target")
    assert all(guest.show(service, "MainPID") != pid for service, pid in zip(services, before, strict=True))
    assert (load.failed, load.accepted) == (0, load.sent), load.failures
    qtd.until_running(2)
    qtd.until_empty()
    assert qtd.recorded() == load.accepted


def test_a_stop_of_the_target_finishes_what_has_begun(qtd: Installed) -> None:
    """Whatever was accepted is recorded or waits; nothing runs afterwards; the next start records the rest."""
    qtd.start()
    guest = qtd.guest
    with qtd.load(8) as load:
        time.sleep(4)
        guest.run("systemctl stop qtd.target")
        # The endpoint is not waited for, so that a restart of the target need not wait for batches to start it.
        for unit in ("qtd-ingest.service", "qtd-ingest.socket"):
            guest.until(f"{unit} has ended", partial(_ended, qtd, unit))
        assert guest.show("qtd.service", "ActiveState") == "inactive"
        assert qtd.running() == set()
    assert 0 < load.accepted < load.sent
    # systemd flushes or resets what the socket had not handed over, and what comes later is refused: nothing of ours.
    assert set(load.failures) <= {"RemoteDisconnected", "ConnectionResetError", "ConnectionRefusedError"}
    assert qtd.recorded() + qtd.waiting() == load.accepted
    assert not guest.journal("-u", "qtd*", "-p", "err")
    qtd.start()
    qtd.until_empty()
    assert qtd.recorded() == load.accepted


def test_a_reload_with_mistakes_changes_nothing(qtd: Installed) -> None:
    """`systemctl reload` fails and shows them; a bare SIGHUP is refused in the journal; a good one is applied."""
    qtd.start()
    guest = qtd.guest
    pids = [guest.show(unit, "MainPID") for unit in ("qtd.service", "qtd-worker@1.service")]
    qtd.configure(qeue={"count": 1})
    assert guest.try_run("systemctl reload qtd.service").returncode != 0
    guest.until_said("qeue: unknown key", "-u", "qtd.service", "-p", "err")
    guest.run("systemctl kill -s HUP qtd.service")
    guest.until("a refusal", lambda: guest.events("configuration_refused"))
    assert "qeue" in guest.events("configuration_refused")[0]["QTD_PROBLEM"]
    assert [guest.show(unit, "MainPID") for unit in ("qtd.service", "qtd-worker@1.service")] == pids
    assert qtd.running() == {1, 2}
    qtd.configure(workers={"count": 3, "lock_seconds": 5, "retry_max_seconds": 2.0})
    guest.run("systemctl reload qtd.service")
    qtd.until_running(3)
    assert guest.show("qtd.service", "MainPID") == pids[0]


def test_a_peak_brings_workers_and_calm_takes_them(qtd: Installed) -> None:
    """Lag brings workers within seconds, calm takes them away; each decision is a line with its reason."""
    qtd.configure(workers=SCALED)
    guest = qtd.guest
    guest.run("systemctl start qtd.target qtd.service qtd-ingest.service")
    qtd.until_running(1)
    # Somebody else holds a queue for twelve seconds, so that what is in it waits.
    guest.run("for q in 0 1 2 3; do redis-cli set QueuedTrackingLock$q somebody ex 12; done")
    with qtd.load(5, rate=50) as load:
        qtd.until_running(4)
    qtd.until_empty()
    qtd.until_running(1)
    changes = [(entry["QTD_BEFORE"], entry["QTD_WANTED"]) for entry in guest.events("workers_wanted")]
    assert changes == [("1", "2"), ("2", "4"), ("4", "3"), ("3", "2"), ("2", "1")]
    assert "lags" in guest.events("workers_wanted")[0]["QTD_REASON"]
    assert (load.failed, qtd.recorded()) == (0, load.accepted)


def test_a_worker_that_does_not_get_on_is_restarted_with_its_stack(qtd: Installed) -> None:
    """A table that somebody locked: the stack in the journal shows where the worker hangs."""
    qtd.configure(workers={"count": 1, "lock_seconds": 60, "stuck_seconds": 6.0})
    qtd.drop_in("qtd-worker@.service", "[Service]\nTimeoutStopSec=2s\n")
    guest = qtd.guest
    guest.run("systemctl start qtd.target qtd.service qtd-ingest.service")
    qtd.until_running(1)
    with qtd.load(1, rate=20) as load:
        pass
    qtd.until_empty()
    guest.run("mariadb qtd -e 'LOCK TABLES log_visit WRITE; SELECT SLEEP(20)' >/dev/null 2>&1 &")
    with qtd.load(1, rate=20) as second:
        pass
    guest.until("a restart", lambda: guest.events("worker_asked_to_restart"))
    guest.until_said("site-packages/pymysql", "-u", "qtd-worker@1.service", "-p", "err")
    assert "has not moved" in guest.events("worker_asked_to_restart")[0]["QTD_REASON"]
    qtd.until_empty()
    assert qtd.recorded() == load.accepted + second.accepted


def test_the_journal_tells_a_peak_with_an_outage_as_a_story(qtd: Installed) -> None:
    """What is waited for is a warning with its cause; requests are accepted all the time, and the books balance."""
    qtd.configure(workers=SCALED)
    guest = qtd.guest
    guest.run("systemctl start qtd.target qtd.service qtd-ingest.service")
    qtd.until_running(1)
    with qtd.load(14) as load:
        time.sleep(3)
        guest.run("systemctl stop mariadb")
        time.sleep(6)
        status = guest.show("qtd-worker@1.service", "StatusText")
        guest.run("systemctl start mariadb")
    assert status.startswith("trying again: "), status
    assert load.failed == 0
    qtd.until_empty()
    assert qtd.recorded() == load.accepted
    # Those that are still starting are none that run.
    guest.until("one is enough again", lambda: guest.journal("QTD_EVENT=workers_wanted", "QTD_WANTED=1"))
    guest.until("the others have ended", lambda: qtd.running("activating", "active", "deactivating") == {1})
    waiting = guest.events("waiting")
    assert {entry["QTD_WAITS_FOR"] for entry in waiting} == {"database"}
    assert {entry["PRIORITY"] for entry in waiting} == {"4"}
    assert any(entry["SYSLOG_IDENTIFIER"] == "qtd-worker-1" for entry in waiting)
    assert any(entry["QTD_WAITS_FOR"] == "database" for entry in guest.events("reached"))
    assert not guest.events("entry_dead")
    story = guest.story()
    assert "secret-of-the-test" not in story
    sys.stdout.write(story)  # shown with `pytest -s`; an excerpt is in docs/operations.md


def test_the_journal_finds_what_happened_to_a_queue(qtd: Installed) -> None:
    """`journalctl QTD_QUEUE=2` has who looks after it and its batches, and none of another's; each line is JSON."""
    guest = qtd.guest
    qtd.configure(log={"level": "debug"})
    qtd.start()
    with qtd.load(2) as load:
        pass
    guest.until("all batches are told", lambda: _told(guest.events("batch_applied")) == load.accepted)
    found = guest.journal("QTD_QUEUE=2")
    assert {"worker_started", "batch_applied"} <= {entry["QTD_EVENT"] for entry in found}
    batches = [entry for entry in found if entry["QTD_EVENT"] == "batch_applied"]
    assert {(entry["QTD_QUEUE"], entry["PRIORITY"]) for entry in batches} == {("2", "7")}
    assert {entry["SYSLOG_IDENTIFIER"] for entry in batches} <= {"qtd-worker-1", "qtd-worker-2"}
    assert 0 < _told(batches) < load.accepted


def _told(batches: list[dict[str, Any]]) -> int:
    """The page views that these batches recorded."""
    return sum(int(entry["QTD_RECORDED"]) for entry in batches)


def test_debug_has_a_line_for_each_batch_and_info_has_none(qtd: Installed) -> None:
    """`log.level: debug` shows batches; at info the minute's summary is enough."""
    guest = qtd.guest
    for level, wanted in (("info", False), ("debug", True)):
        qtd.configure(log={"level": level})
        qtd.start()
        with qtd.load(2):
            pass
        qtd.until_empty()
        assert bool(guest.events("batch_applied")) is wanted
        guest.run("systemctl stop qtd.target")
