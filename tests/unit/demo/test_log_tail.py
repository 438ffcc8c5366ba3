from __future__ import annotations

import logging
from pathlib import Path

import orjson

from qtd.demo.log_tail import LogTail
from qtd.log.event import Event
from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.ingest import IngestStarted, PushFailed
from qtd.log.events.worker import BatchApplied


def write(path: Path, *events: Event) -> None:
    """Log events as the processes do: one JSON object per line."""
    with path.open("ab") as file:
        for event in events:
            level = logging.getLevelName(event.level).lower()
            file.write(orjson.dumps({"level": level, "event": event.name(), **dict(event.values())}) + b"\n")


def batch(recorded: int, excluded: int, rules: str, dead: int = 0) -> BatchApplied:
    """A batch's event."""
    requests = recorded + excluded + dead
    return BatchApplied(
        queue=0,
        entries=requests,
        requests=requests,
        recorded=recorded,
        excluded=excluded,
        rules=rules,
        dead=dead,
        seconds=0.1,
    )


def test_batches_add_up(tmp_path: Path) -> None:
    """Numbers and rules of all batches are summed, also of those that come later."""
    path = tmp_path / "log"
    tail = LogTail(path)
    write(path, batch(5, 3, "bot 2, prefetch 1"), batch(4, 0, ""))
    tail.read()
    write(path, batch(1, 1, "bot 1", dead=2))
    tail.read()
    tail.read()
    assert tail.totals == {"batches": 3, "recorded": 10, "excluded": 4, "dead": 2}
    assert tail.rules == {"bot": 3, "prefetch": 1}


def test_half_a_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    """A line that is being written counts once, when its end is there."""
    path, whole = tmp_path / "log", tmp_path / "whole"
    write(whole, batch(5, 0, ""))
    text = whole.read_bytes()
    tail = LogTail(path)
    path.write_bytes(text[:40])
    tail.read()
    assert not tail.totals
    path.write_bytes(text)
    tail.read()
    assert tail.totals["recorded"] == 5


def test_start_and_trouble_are_seen(tmp_path: Path) -> None:
    """The endpoint's start is noticed; warnings and errors are counted by name, dead entries are not among them."""
    path = tmp_path / "log"
    tail = LogTail(path)
    write(path, IngestStarted(listen="127.0.0.1:1", processes=1))
    write(path, PushFailed(entries=1, cause="x"), PushFailed(entries=1, cause="x"))
    write(path, EntryDead(queue=0, entry="a", cause="b"))
    tail.read()
    assert tail.serving
    assert tail.trouble == {"push_failed": 2}
    assert [orjson.loads(line)["event"] for line in tail.last_words] == ["push_failed"] * 2


def test_what_is_no_event_is_kept_for_people(tmp_path: Path) -> None:
    """A traceback of a process that broke is not lost."""
    path = tmp_path / "log"
    path.write_text("Traceback (most recent call last):\n  it broke\n\n", encoding="utf-8")
    tail = LogTail(path)
    tail.read()
    assert list(tail.last_words) == ["Traceback (most recent call last):", "  it broke"]
