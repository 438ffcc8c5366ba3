from __future__ import annotations

import pytest
from sqlalchemy import Engine

from qtd.clock import SystemClock
from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.errors import SchemaError
from qtd.store.columns import StoredTable, read_tables
from qtd.store.create import create_tables
from qtd.store.recorder import Recorder
from tests.integration.store.rows import NOW, plan, rows, run, visit


def test_a_missing_column_is_left_out(fresh: Engine) -> None:
    """An older Matomo lacks columns; everything else is written."""
    run(fresh, "ALTER TABLE m_log_visit DROP COLUMN config_client_type")
    recorder = Recorder(fresh, "m_", clock=SystemClock())
    with writing(fresh) as connection:
        recorder.write(connection, plan(visit(config_client_type=1, user_id="u")), now=NOW)
    assert rows(fresh, "SELECT user_id FROM m_log_visit") == [("u",)]


def test_a_plugins_columns_keep_their_defaults(fresh: Engine) -> None:
    """Columns that we know nothing of and that have a default, or may be null, are no obstacle."""
    run(fresh, "ALTER TABLE m_log_visit ADD COLUMN plugin_a INT NULL")
    run(fresh, "ALTER TABLE m_log_visit ADD COLUMN plugin_b VARCHAR(9) NOT NULL DEFAULT 'x'")
    recorder = Recorder(fresh, "m_", clock=SystemClock())
    with writing(fresh) as connection:
        recorder.write(connection, plan(visit()), now=NOW)
    assert rows(fresh, "SELECT plugin_a, plugin_b FROM m_log_visit") == [(None, "x")]


def test_a_column_that_insists_on_a_value_is_named(mariadb_url: str) -> None:
    """Not null, no default, and nothing to write: better an error at the start than one per batch."""
    engine = open_engine(mariadb_url)
    create_tables(engine, "m_")
    run(engine, "ALTER TABLE m_log_visit ADD COLUMN plugin_c INT NOT NULL")
    with pytest.raises(SchemaError, match=r"m_log_visit\.plugin_c"):
        Recorder(engine, "m_", clock=SystemClock())
    engine.dispose()


def test_a_missing_table_is_named(fresh: Engine) -> None:
    """The wrong prefix is the commonest reason."""
    with reading(fresh) as connection, pytest.raises(SchemaError, match="wrong_log_visit"):
        read_tables(connection, "wrong_")


def text_limits(table: StoredTable) -> dict[str, int]:
    """How many characters fit into each of the columns of limited text."""
    limits = {name: column.type.max_characters for name, column in table.columns.items()}
    return {name: limit for name, limit in limits.items() if limit is not None}


def test_limits_of_text_are_those_of_the_columns(fresh: Engine) -> None:
    """The fresh may ask how much of a text the database would keep."""
    run(fresh, "CREATE TABLE m_other (a VARCHAR(7), b TEXT, c INT)")
    with reading(fresh) as connection:
        tables = read_tables(connection, "m_", ["other", "log_visit"])
    assert text_limits(tables["other"]) == {"a": 7}
    assert text_limits(tables["log_visit"])["user_id"] == 200


def test_defaults_are_known(fresh: Engine) -> None:
    """A row that lacks a column which another row of the batch has gets the default, not null."""
    recorder = Recorder(fresh, "m_", clock=SystemClock())
    with writing(fresh) as connection:
        recorder.write(
            connection,
            plan(visit(1, visit_exit_idaction_url=None, visitor_count_visits=3), visit(2)),
            now=NOW,
        )
    assert rows(
        fresh, "SELECT visit_exit_idaction_url, visitor_count_visits FROM m_log_visit ORDER BY idvisit"
    ) == [(None, 3), (0, 0)]
