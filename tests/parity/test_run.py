from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.errors import ConfigurationError
from qtd.parity.run import Runner
from qtd.parity.scenario import read_scenarios, read_world
from qtd.store.create import create_tables
from tests.fake_clock import FakeClock
from tests.parity.conftest import RECORDINGS

WORLD = read_world(RECORDINGS / "world.json")
SCENARIO = next(iter(read_scenarios(RECORDINGS / "pages.json")))


@pytest.fixture
def runner(database_url: str, outside: Callable[[FingerprintSalts], Outside]) -> Runner:
    """Give a runner over an empty database."""
    return Runner(open_engine(database_url), WORLD, outside, clock=FakeClock())


def test_a_scenario_finds_no_traces_of_the_one_before(runner: Runner) -> None:
    """Rows, options and configuration are those of the scenario alone."""
    before = runner.rows(SCENARIO)
    site = {**WORLD.tables["site"][0], "excluded_ips": "*.*.*.*"}
    excluded = replace(
        SCENARIO, tables={"site": [site]}, options={"SitesManager_ExcludedIpsGlobal": "0.0.0.0/0"}
    )
    assert runner.rows(excluded)["log_visit"] == []
    assert runner.rows(SCENARIO) == before
    assert before["log_visit"]


def test_a_scenario_has_its_own_salts(runner: Runner) -> None:
    """A salt that a scenario gives as an option is used, whoever used another one before, and not by the next."""
    before = runner.rows(SCENARIO)
    given = {
        row["option_name"]: '{"value": "other", "time": 4102444800}'
        for row in WORLD.tables["option"]
        if row["option_name"].startswith("fingerprint_salt_")
    }
    salted = runner.rows(replace(SCENARIO, options=given))
    assert salted["log_visit"][0]["config_id"] != before["log_visit"][0]["config_id"]
    assert runner.rows(SCENARIO) == before


def test_a_difference_is_found(runner: Runner) -> None:
    """A row that is expected otherwise is reported, so equal is not said of everything."""
    visit = {**SCENARIO.rows["log_visit"][0], "visit_total_actions": 99}
    result = runner.run(replace(SCENARIO, rows={**SCENARIO.rows, "log_visit": [visit]}))
    assert ("log_visit", "visit_total_actions", 99) in {
        (difference.table, difference.column, difference.expected) for difference in result.differences
    }


def test_a_database_with_visits_is_not_emptied(
    tmp_path: Path, outside: Callable[[FingerprintSalts], Outside]
) -> None:
    """Somebody might name his own."""
    engine = open_engine(f"sqlite:///{tmp_path / 'precious.sqlite3'}")
    create_tables(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO log_visit (idsite, idvisitor, visit_last_action_time, config_id, location_ip,"
            " visit_first_action_time, visit_total_time) VALUES (1, x'00', '', x'00', x'00', '', 0)"
        )
    with pytest.raises(ConfigurationError, match="log_visit"):
        Runner(engine, WORLD, outside, clock=FakeClock())
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM log_visit").scalar_one() == 1
