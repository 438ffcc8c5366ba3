from __future__ import annotations

import dataclasses
import inspect
import pkgutil
import typing
from importlib import import_module

import pytest

from qtd.log import Event, events
from qtd.log.redact import OWN_SERVERS

CATALOGUE = [
    value
    for part in pkgutil.iter_modules(events.__path__, f"{events.__name__}.")
    for _, value in inspect.getmembers(import_module(part.name), inspect.isclass)
    if issubclass(value, Event) and value is not Event
]


def signature(event: type[Event]) -> str:
    """Return an event as operators see it: its name and fields."""
    return f"{event.name()}({', '.join(field.name for field in dataclasses.fields(event))})"


def test_names_and_fields_are_an_interface() -> None:
    """Alerts rely on names and fields: changing one is a change for users, noted in CHANGELOG.md."""
    assert sorted(map(signature, CATALOGUE)) == [
        "batch_applied(queue, entries, requests, recorded, excluded, rules, dead, seconds)",
        "batch_retried(queue, attempt, cause, pause_seconds)",
        "configuration_read(source)",
        "configuration_refused(problem)",
        "console_chatter(queue, line)",
        "console_error(queue, line)",
        "console_failed(queue, status, cause, seconds, pause_seconds)",
        "console_finished(queue, status, requests, seconds)",
        "console_output(queue, line)",
        "console_warning(queue, line)",
        "dead_letters_dropped(letters, requests)",
        "dead_letters_expiring(letters, kept, most_kept, most_days)",
        "entry_dead(queue, entry, cause)",
        "ingest_started(listen, processes)",
        "ingest_stopped(accepted, refused)",
        "ingest_summary(accepted, refused, spooled, bad, per_second)",
        "library_message(logger, message)",
        "matomo_read(path, version)",
        "plugins_ignored(plugins)",
        "plugins_inactive(plugins)",
        "process_died(pid, status)",
        "process_stuck(pid, seconds)",
        "push_failed(entries, cause)",
        "push_recovered(seconds, refused)",
        "queue_blocked(queue, seconds)",
        "queue_dropped(queue, entries, requests)",
        "queue_lock_lost(queue, seconds)",
        "queues_not_resized(queues, cause)",
        "queues_renumbered(queues, before)",
        "queues_resized(queues, entries, moved, seconds)",
        "queues_resizing(queues)",
        "reached(waits_for, server, seconds)",
        "request_failed(method, cause)",
        "restart_needed(keys, command)",
        "settings_kept(cause)",
        "spool_broken(directory, cause)",
        "spool_drained(entries, seconds)",
        "spool_draining(entries, bytes)",
        "spool_found(entries, bytes)",
        "spool_torn(segment, bytes)",
        "spooling(entries, cause)",
        "stopping(reason)",
        "supervisor_started(runtime, queues, workers)",
        "supervisor_stopped(runtime)",
        "tables_created(tables, server)",
        "waiting(waits_for, server, cause, pause_seconds)",
        "worker_asked_to_restart(worker, reason)",
        "worker_asked_to_start(worker, reason)",
        "worker_asked_to_stop(worker, reason)",
        "worker_failed(worker, cause, pause_seconds)",
        "worker_started(worker, queues)",
        "worker_stopped(worker, batches, requests)",
        "worker_summary(queues, batches, requests, recorded, excluded, dead, per_second, waiting, lag_seconds)",
        "workers_wanted(wanted, before, reason)",
    ]


@pytest.mark.parametrize("event", CATALOGUE, ids=lambda event: event.name())
def test_events_are_plain_and_explained(event: type[Event]) -> None:
    """Each event says what it means; its fields are scalars, with no secret's and none of the log's names."""
    assert event.__doc__
    assert event.level in {10, 20, 30, 40}
    for name, kind in typing.get_type_hints(event).items():
        if name != "level":
            assert kind in {str, int, float, bool, float | None}, name
            assert name not in {"time", "event", "part", "exception", "exc_info"}
            assert not any(word in name for word in ("token", "password", "secret", "salt", "address", "ip"))


def test_what_is_not_known_is_not_shown() -> None:
    """A field that is None is left out."""

    @dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
    class HalfKnown(Event):
        known: int
        unknown: int | None = None

    assert HalfKnown.name() == "half_known"
    assert list(HalfKnown(known=1).values()) == [("known", 1)]


def test_own_servers_are_fields_of_events() -> None:
    """Every field that is exempt from cutting addresses exists; a renamed one would open a gap unseen."""
    names = {field.name for event in CATALOGUE for field in dataclasses.fields(event)}
    assert names >= OWN_SERVERS
