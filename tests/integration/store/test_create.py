from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from qtd.db.engine import open_engine
from qtd.errors import SchemaError
from qtd.store.create import VERSION, create_tables, status, upgrade
from qtd.store.dead_letters import DeadLetters, Selection
from qtd.store.schema import matomo_tables
from tests.integration.store.rows import rows, run

#: Columns and indexes of a real Matomo 5.0, from its information_schema.
REAL = json.loads((Path(__file__).parents[2] / "data/matomo-schema-5.0.json").read_text())
MADE = sorted(matomo_tables("mysql").tables)


@pytest.mark.parametrize("table", MADE)
def test_tables_are_matomos_own(mariadb: Engine, table: str) -> None:
    """Names, order, types, nullability, defaults and indexes are those of a real installation."""
    columns = {
        name: (kind, nullable == "YES", None if default in (None, "NULL") else default, extra)
        for name, kind, nullable, default, extra in rows(
            mariadb,
            "SELECT column_name, column_type, is_nullable, column_default, extra FROM information_schema.columns"
            f" WHERE table_schema = DATABASE() AND table_name = 'm_{table}' ORDER BY ordinal_position",
        )
    }
    real = REAL[table]["columns"]
    assert list(columns) == list(real)
    assert columns == {
        name: (column["type"], column["null"], column["default"], column.get("extra", ""))
        for name, column in real.items()
    }
    indexes: dict[str, Any] = {}
    for name, not_unique, column in rows(
        mariadb,
        "SELECT index_name, non_unique, column_name FROM information_schema.statistics WHERE table_schema ="
        f" DATABASE() AND table_name = 'm_{table}' ORDER BY index_name, seq_in_index",
    ):
        indexes.setdefault(name, {"unique": not not_unique, "columns": []})["columns"].append(column)
    assert indexes == REAL[table]["indexes"]


def test_making_twice_changes_nothing(engine: Engine) -> None:
    """What is there stays, with its rows."""
    run(engine, "INSERT INTO m_option (option_name, option_value) VALUES ('a', 'b')")
    create_tables(engine, "m_")
    assert rows(engine, "SELECT option_value FROM m_option") == [("b",)]
    assert status(engine, "m_").complete


def test_an_index_that_is_missing_is_made(fresh: Engine) -> None:
    """Whoever made the tables before may have been killed half-way."""
    index = "m_log_visit_index_idsite_datetime" if fresh.dialect.name == "sqlite" else "index_idsite_datetime"
    on = "" if fresh.dialect.name == "sqlite" else " ON m_log_visit"
    run(fresh, f"DROP INDEX {index}{on}")
    create_tables(fresh, "m_")
    run(fresh, f"DROP INDEX {index}{on}")


def test_several_processes_make_them_at_once(database_url: str) -> None:
    """Workers that start together on an empty database all succeed."""
    engines = [open_engine(database_url) for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as threads:
        list(threads.map(create_tables, engines))
    assert status(engines[0]).complete
    for engine in engines:
        engine.dispose()


def test_status_names_what_is_missing(database_url: str) -> None:
    """An empty database lacks everything; ours alone are added beside a Matomo."""
    engine = open_engine(database_url)
    before = status(engine)
    assert before.version is None
    assert "log_visit" in before.missing_matomo_tables
    upgrade(engine)
    after = status(engine)
    assert after.version == VERSION
    assert not after.missing_own_tables
    assert "log_visit" in after.missing_matomo_tables
    engine.dispose()


def test_tables_of_a_newer_program_are_refused(fresh: Engine) -> None:
    """An older program must not write into tables it does not know."""
    run(fresh, f"INSERT INTO m_qtd_schema (version) VALUES ({VERSION + 1})")
    with pytest.raises(SchemaError, match="version"):
        upgrade(fresh, "m_")


def test_tables_of_the_first_version_are_upgraded(fresh: Engine) -> None:
    """Missing tables and columns are added, rows stay, and a worker of the former version could still write."""
    for table in ("counter", "dead_letter", "schema"):
        run(fresh, f"DROP TABLE m_qtd_{table}")
    run(fresh, "CREATE TABLE m_qtd_schema (version INTEGER PRIMARY KEY)")
    run(fresh, "INSERT INTO m_qtd_schema VALUES (1)")
    counted = "AUTO_INCREMENT" if fresh.dialect.name == "mysql" else ""
    run(
        fresh,
        f"CREATE TABLE m_qtd_dead_letter (id INTEGER PRIMARY KEY {counted}, queue INTEGER, entry BLOB,"
        " cause VARCHAR(255), time BIGINT, version VARCHAR(40), attempts INTEGER DEFAULT 1)",
    )
    insert = (
        "INSERT INTO m_qtd_dead_letter (queue, entry, cause, time, version) VALUES (1, x'78', :cause, 7, '0')"
    )
    run(fresh, insert, cause="before")
    assert not status(fresh, "m_").complete
    for _ in range(2):
        upgrade(fresh, "m_")
    assert status(fresh, "m_").complete
    run(fresh, insert, cause="after")
    letters = list(DeadLetters(fresh, "m_").select(Selection()))
    assert [(one.cause, one.requests, one.places) for one in letters] == [("before", 1, {}), ("after", 1, {})]
    run(fresh, "INSERT INTO m_qtd_counter (minute, idsite, queue, taken) VALUES (1, 1, 1, 1)")
