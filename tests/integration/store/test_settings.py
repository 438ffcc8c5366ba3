from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from qtd.db.transaction import reading, writing
from qtd.engine.authentication import authenticates
from qtd.engine.settings import Settings
from qtd.engine.site import Extraction, Goal, Site
from qtd.store.columns import read_tables
from qtd.store.recorder import dialect_of
from qtd.store.settings.load import Configured, load_settings
from tests.integration.store.rows import NOW, run

WORLD = json.loads((Path(__file__).parents[2] / "data/parity/world.json").read_text())
ADMIN, WRITER, VIEWER, SITE_ADMIN = ("c0ffee00", "0badcafe", "deadbeef", "feedface")


def fill(engine: Engine, **changes: list[dict[str, Any]]) -> None:
    """Put the configuration tables of the recordings into the database, some replaced."""
    tables = {**WORLD["tables"], **changes}
    with writing(engine) as connection:
        stored = read_tables(connection, "m_", tables)
        for name, some in tables.items():
            columns = [column for column in stored[name].columns if any(column in row for row in some)]
            cells = [stored[name].cells(column, [row.get(column) for row in some]) for column in columns]
            if some:
                dialect_of(engine).insert(connection, stored[name], columns, cells)


def load(engine: Engine, **configured: Any) -> Settings:
    """Load the settings."""
    with reading(engine) as connection:
        return load_settings(connection, "m_", Configured(salt=WORLD["salt"], **configured), now=NOW)


def token(beginning: str) -> str:
    """A token of 32 characters."""
    return beginning * 4


def test_sites_goals_and_dimensions(engine: Engine) -> None:
    """With aliases, without deleted goals and inactive dimensions, patterns without HTML entities."""
    run(
        engine,
        "INSERT INTO m_goal (idsite, idgoal, name, match_attribute, pattern, pattern_type, case_sensitive,"
        " allow_multiple, revenue) VALUES (3, 77, 'g', 'url', 'a&amp;b', 'contains', 0, 0, 1.5)",
    )
    goals = WORLD["tables"].pop("goal")
    try:
        fill(engine)
    finally:
        WORLD["tables"]["goal"] = goals
    settings = load(engine)
    assert sorted(settings.sites) == list(range(1, 9))
    assert settings.sites[2].urls[0] == "https://www.shop.example.com"
    assert set(settings.sites[2].urls[1:]) == {
        "http://shop-alias.example.com",
        "https://m.shop.example.com/mobile",
    }
    assert [(goal.idgoal, goal.pattern, goal.revenue) for goal in settings.sites[3].goals] == [
        (77, "a&b", 1.5)
    ]
    dimensions = {dimension.idcustomdimension: dimension for dimension in settings.sites[4].dimensions}
    assert sorted(dimensions) == [1, 3, 4, 5]
    assert dimensions[4].extractions[0] == Extraction(dimension="urlparam", pattern="sec")
    assert not dimensions[4].case_sensitive
    assert settings.sites[2].ts_created == "2020-01-01 00:00:00"


def test_deleted_goals_are_not_loaded(engine: Engine) -> None:
    """They stay in the table, and convert nothing."""
    fill(engine)
    deleted = {goal["idgoal"] for goal in WORLD["tables"]["goal"] if goal["deleted"]}
    assert deleted
    assert not deleted & {goal.idgoal for goal in load(engine).sites[3].goals}


def test_tokens_that_may_write(engine: Engine) -> None:
    """Super users everywhere, write and admin access on their sites, view access nowhere."""
    fill(engine)
    settings = load(engine)
    assert len(settings.super_user_tokens) == 1
    for beginning, sites in ((ADMIN, {1, 2, 3}), (WRITER, {1}), (VIEWER, set()), (SITE_ADMIN, {1, 2})):
        assert {site for site in (1, 2, 3) if authenticates(token(beginning), site, settings)} == sites


def test_tokens_that_expired_or_are_for_secure_requests_only(engine: Engine) -> None:
    """One that expires later counts; a super user's for secure requests only does not, others' do."""
    fill(engine)
    run(engine, "UPDATE m_user_token_auth SET date_expired = '2026-11-10 10:00:00' WHERE login = 'writer'")
    run(engine, "UPDATE m_user_token_auth SET date_expired = '2026-11-10 10:00:01' WHERE login = 'siteadmin'")
    run(engine, "UPDATE m_user_token_auth SET secure_only = 1 WHERE login IN ('admin', 'siteadmin')")
    settings = load(engine)
    assert not authenticates(token(ADMIN), 1, settings)
    assert not authenticates(token(WRITER), 1, settings)
    assert authenticates(token(SITE_ADMIN), 1, settings)


def test_what_the_files_say_comes_first(engine: Engine) -> None:
    """Defaults of Matomo below, configured values above, for one site on top; options likewise."""
    fill(engine)
    run(
        engine,
        "INSERT INTO m_option (option_name, option_value) VALUES ('PrivacyManager.doNotTrackEnabled', '1')",
    )
    settings = load(
        engine,
        tracker={"visit_standard_length": "60"},
        site_tracker={2: {"visit_standard_length": "90"}},
        options={"PrivacyManager.ipAnonymizerEnabled": "0"},
    )
    assert settings.tracker_value("visit_standard_length", settings.sites[1]) == "60"
    assert settings.tracker_value("visit_standard_length", settings.sites[2]) == "90"
    assert settings.tracker_value("cookie_name") == "_pk_uid"
    assert settings.privacy.do_not_track_enabled
    assert not settings.privacy.ip_anonymizer_enabled


def test_salts_and_other_large_options_are_not_loaded(engine: Engine) -> None:
    """The table may hold thousands of rows that tracking does not want."""
    fill(engine)
    assert load(engine).options == {}


def test_a_matomo_without_custom_dimensions(fresh: Engine) -> None:
    """The plugin's table is not there if it was never installed."""
    fill(fresh)
    run(fresh, "DROP TABLE m_custom_dimensions")
    assert load(fresh).sites[4].dimensions == ()


def test_a_site_of_our_own_file_keeps_the_tables_goals(engine: Engine) -> None:
    """Its goals and dimensions lie in the database unless the file gives it goals."""
    fill(engine)
    given = Site(idsite=3, urls=("http://goals.example.net",))
    own = replace(given, goals=(Goal(idgoal=1, match_attribute="manually"),))
    in_tables = load(engine).sites[3].goals
    assert in_tables
    assert load(engine, sites={3: given}).sites[3].goals == in_tables
    assert load(engine, sites={3: own}).sites[3].goals == own.goals
    assert (
        load(engine, sites={4: replace(given, idsite=4)}).sites[4].dimensions
        == load(engine).sites[4].dimensions
    )
