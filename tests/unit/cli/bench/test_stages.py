from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from qtd.cli.bench.stages import _DOORS, STAGES, counted_statements, stopwatch
from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.store import native


def test_doors_are_where_they_were_afterwards(tmp_path: Path) -> None:
    """While it is open the functions are measured, then everything is as before, also after an error."""
    engine = open_engine(f"sqlite:///{tmp_path / 'x'}")

    def doors() -> list[object]:
        named = [getattr(owner, name) for _, owner, name in _DOORS]
        return [*named, engine.dialect.do_commit]

    def fail_inside() -> None:
        with stopwatch(engine):
            assert all(one is not other for one, other in zip(doors(), before, strict=True))
            raise ZeroDivisionError

    before = doors()
    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert doors() == before
    engine.dispose()


def test_time_in_a_stage_is_counted(tmp_path: Path) -> None:
    """Decoding and committing take time, which is counted under their names, errors included."""
    engine = open_engine(f"sqlite:///{tmp_path / 'x'}")
    with stopwatch(engine) as seconds:
        native.read_entry(b"damaged")  # type: ignore[attr-defined] # the name that the stopwatch replaces
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE t (a INTEGER)"))
    engine.dispose()
    assert set(seconds) == {"decode", "commit"} <= set(STAGES)
    assert all(spent > 0 for spent in seconds.values())


def test_statements_are_counted_by_kind(tmp_path: Path) -> None:
    """Each statement that is sent counts once, however many rows it has, and none after the end."""
    engine = open_engine(f"sqlite:///{tmp_path / 'x'}")
    with counted_statements(engine) as statements:
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE t (a INTEGER)"))
            connection.exec_driver_sql("INSERT INTO t VALUES (?)", [(1,), (2,)])
        with reading(engine) as connection:
            connection.execute(text("select a from t"))
    with reading(engine) as connection:
        connection.execute(text("select a from t"))
    engine.dispose()
    assert (statements["CREATE"], statements["INSERT"], statements["SELECT"]) == (1, 1, 1)
