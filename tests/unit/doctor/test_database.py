"""What is made of the things that a database tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qtd.doctor.check import Check
from qtd.doctor.database_facts import DatabaseFacts
from qtd.doctor.database_indexes import Index
from qtd.doctor.database_server import check_settings
from qtd.doctor.database_tables import check_tables
from qtd.store.create import VERSION, SchemaStatus
from tests.unit.doctor.facts import VARIABLES, database_facts, verdicts


def _settings(facts: DatabaseFacts, largest: int = 8 * 1024**2) -> dict[str, str]:
    return verdicts(list(check_settings("database", facts, largest=largest, where="db")))


def test_a_healthy_server() -> None:
    """Every check is there, and well; both ways of undoing after a timeout will do."""
    found = _settings(database_facts())
    assert set(found) == {
        f"database.{name}"
        for name in (
            "version",
            "isolation",
            "sql_mode",
            "durability",
            "rollback_on_timeout",
            "max_allowed_packet",
        )
    }
    assert set(found.values()) == {"ok"}
    assert set(_settings(database_facts(innodb_rollback_on_timeout="ON")).values()) == {"ok"}


@pytest.mark.parametrize(
    ("facts", "name", "verdict"),
    [
        (database_facts("10.2.2-MariaDB"), "version", "error"),
        (database_facts("5.7.7"), "version", "error"),
        (database_facts("8.0.36"), "version", "ok"),
        (database_facts(tx_isolation="REPEATABLE-READ"), "isolation", "error"),
        (database_facts(log_bin="ON", binlog_format="STATEMENT"), "isolation", "error"),
        (database_facts(log_bin="ON", binlog_format="ROW"), "isolation", "ok"),
        (
            replace(database_facts(), standard=VARIABLES | {"tx_isolation": "SERIALIZABLE"}),
            "isolation",
            "warning",
        ),
        (database_facts(sql_mode=""), "sql_mode", "error"),
        (database_facts(innodb_flush_log_at_trx_commit="2"), "durability", "warning"),
        (database_facts(max_allowed_packet="524288"), "max_allowed_packet", "error"),
        (database_facts(max_allowed_packet="4194304"), "max_allowed_packet", "warning"),
    ],
)
def test_one_thing_is_wrong(facts: DatabaseFacts, name: str, verdict: str) -> None:
    """And everything else stays well."""
    found = _settings(facts)
    assert found.pop(f"database.{name}") == verdict
    assert set(found.values()) == {"ok"}


def test_mysql_calls_the_isolation_otherwise() -> None:
    """`transaction_isolation`, since MySQL 8 that alone."""
    session = {name: value for name, value in VARIABLES.items() if name != "tx_isolation"}
    facts = replace(database_facts("8.0.36"), session=session | {"transaction_isolation": "READ-COMMITTED"})
    assert facts.isolation == "READ-COMMITTED"


def _tables(
    version: int | None,
    matomo: tuple[str, ...],
    own: tuple[str, ...],
    present: set[str],
    *,
    beside: bool = False,
) -> Check:
    status = SchemaStatus(version=version, missing_matomo_tables=matomo, missing_own_tables=own)
    [check] = check_tables("database", status, "", present, beside_matomo=beside, where="db")
    return check


def test_which_tables_are_there() -> None:
    """An empty database is as good as a complete one; ours are made; Matomo's are missing in a wrong database."""
    assert _tables(VERSION, (), (), {"log_visit"}).verdict.value == "ok"
    assert _tables(None, ("log_visit",), ("qtd_ledger",), set()).verdict.value == "ok"
    assert _tables(None, ("log_visit",), (), {"qtd_queue_entry"}).verdict.value == "ok"
    assert _tables(None, ("log_visit",), (), {"wp_posts"}).verdict.value == "error"
    assert _tables(None, ("log_visit",), (), set(), beside=True).verdict.value == "error"
    assert _tables(VERSION - 1, (), ("qtd_counter",), {"log_visit"}).verdict.value == "warning"
    assert _tables(VERSION + 1, (), (), {"log_visit"}).verdict.value == "error"


def test_which_index_serves_which() -> None:
    """A look-up needs its columns in front, in their order; what is to be unique needs just these."""
    look_up = Index(("idsite", "idvisitor", "time"))
    assert Index(("idsite", "idvisitor", "time", "more")).serves(look_up)
    assert not Index(("idvisitor", "idsite", "time")).serves(look_up)
    assert Index(("idsite", "idvisitor")).begins(look_up)
    assert not Index(("idsite",)).begins(look_up)
    unique = Index(("idsite", "idorder"), unique=True)
    assert Index(("idorder", "idsite"), unique=True).serves(unique)
    assert not Index(("idsite", "idorder")).serves(unique)
    assert not Index(("idsite",), unique=True).serves(unique)
