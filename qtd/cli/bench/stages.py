"""Where the time of a batch goes: a stopwatch at the doors between its stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, event

from qtd.engine.tracker import Tracker
from qtd.store import native, recorder

#: Stage -> whose attribute it is, and the attribute's name.
_DOORS: tuple[tuple[str, Any, str], ...] = (
    ("decode", native, "read_entry"),
    ("read", Tracker, "read"),
    ("look-up", recorder, "look_up"),
    ("plan", Tracker, "plan"),
    ("write", recorder.Recorder, "write"),
)
STAGES = (*(stage for stage, _, _ in _DOORS), "commit")


@contextmanager
def stopwatch(engine: Engine) -> Iterator[Counter[str]]:
    """Measure the seconds spent in each stage while this is open, in the one thread that works then."""
    seconds: Counter[str] = Counter()
    before = [(owner, name, getattr(owner, name)) for _, owner, name in _DOORS]
    commit = engine.dialect.do_commit
    for (stage, owner, name), (_, _, function) in zip(_DOORS, before, strict=True):
        setattr(owner, name, _timed(function, stage, seconds))
    engine.dialect.do_commit = _timed(commit, "commit", seconds)  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        for owner, name, function in before:
            setattr(owner, name, function)


@contextmanager
def counted_statements(engine: Engine) -> Iterator[Counter[str]]:
    """Count the statements that are sent to the database while this is open, by their first word."""
    statements: Counter[str] = Counter()

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements[statement.split(None, 1)[0].upper()] += 1

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)


def _timed(function: Callable[..., Any], stage: str, seconds: Counter[str]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            seconds[stage] += perf_counter() - began  # type: ignore[assignment]

    return timed
