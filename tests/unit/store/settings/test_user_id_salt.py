from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.store.create import create_tables
from qtd.store.settings.load import Configured
from qtd.store.settings.source import SettingsSource
from qtd.store.settings.user_id_salt import OPTION, random_salt, user_id_salt
from tests.fake_clock import FakeClock


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with Matomo's tables and nothing in them."""
    engine = open_engine(f"sqlite:///{tmp_path / 'matomo.sqlite'}")
    create_tables(engine)
    return engine


def _store(engine: Engine, name: str, value: str) -> None:
    with writing(engine) as connection:
        connection.execute(
            text("INSERT INTO option (option_name, option_value, autoload) VALUES (:name, :value, 1)"),
            {"name": name, "value": value},
        )


def _stored(engine: Engine) -> str | None:
    with reading(engine) as connection:
        found: str | None = connection.scalar(
            text("SELECT option_value FROM option WHERE option_name = :name"), {"name": OPTION}
        )
    return found


def test_the_salt_that_matomo_made_is_kept(engine: Engine) -> None:
    """So that a user has the same pseudonym in PHP and here."""
    _store(engine, OPTION, "matomos")
    assert user_id_salt(engine) == "matomos"
    assert _stored(engine) == "matomos"


def test_a_missing_salt_is_made_once(engine: Engine) -> None:
    """The next one who asks gets what the first one stored."""
    first = user_id_salt(engine)
    assert len(first) == 40
    assert user_id_salt(engine) == first == _stored(engine)


def test_an_empty_salt_is_none(engine: Engine) -> None:
    """Hashing without a salt would not protect anybody."""
    _store(engine, OPTION, "")
    assert user_id_salt(engine, new_salt=lambda: "made") == "made" == _stored(engine)


def test_the_first_to_store_it_wins(engine: Engine) -> None:
    """Two workers that start at once use the same salt."""

    def slow() -> str:
        _store(engine, OPTION, "faster")
        return "slower"

    assert user_id_salt(engine, new_salt=slow) == "faster"


def test_salts_differ() -> None:
    """They are random."""
    assert random_salt() != random_salt()


def test_settings_have_a_salt_where_user_ids_are_anonymized(engine: Engine) -> None:
    """Only there: otherwise nothing is written."""
    clock = FakeClock()
    source = SettingsSource(engine, configured=Configured, clock=clock)
    assert OPTION not in source.current().options
    assert _stored(engine) is None
    _store(engine, "PrivacyManager.anonymizeUserId", "1")
    clock.advance(3600)
    assert source.current().options[OPTION] == _stored(engine) is not None
