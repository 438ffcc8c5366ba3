"""`qtd db` on databases of several ages."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from qtd.cli.main import main
from qtd.db.engine import open_engine
from qtd.store.create import VERSION
from tests.integration.store.rows import run as execute


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    """Give a configuration with an empty database, first in SQLite, then in MariaDB."""
    file = tmp_path / "qtd.yaml"
    file.write_text(yaml.safe_dump({"database": {"url": database_url}}))
    return file


def run(config: Path, *words: str) -> Result:
    """Run `qtd db`."""
    return CliRunner().invoke(main, ("db", *words, "--config", str(config)), prog_name="qtd")


def test_an_upgrade_makes_what_status_misses(config: Path) -> None:
    """Before it, exit code 1 and the names of what is missing; after it, 0; once more there is nothing to do."""
    before = run(config, "status", "--json")
    assert before.exit_code == 1
    made = run(config, "upgrade")
    assert made.exit_code == 0
    assert f"version {VERSION} (before: none)" in made.output
    after = run(config, "status", "--json")
    assert after.exit_code == 0
    assert orjson.loads(after.stdout) == {
        "complete": True,
        "version": VERSION,
        "wanted": VERSION,
        "missing_own_tables": [],
        "missing_matomo_tables": [],
    }
    assert run(config, "upgrade").output == f"version {VERSION}: nothing to do\n"


def test_a_missing_table_is_named(config: Path, database_url: str) -> None:
    """For people, too; the upgrade makes it again."""
    run(config, "upgrade")
    engine = open_engine(database_url)
    execute(engine, "DROP TABLE qtd_counter")
    said = run(config, "status")
    assert said.exit_code == 1
    assert "missing tables of qtd: qtd_counter" in said.output
    assert "tables made: 1" in run(config, "upgrade").output
    assert run(config, "status").exit_code == 0
    execute(engine, f"INSERT INTO qtd_schema (version) VALUES ({VERSION + 1})")
    assert run(config, "upgrade").exit_code == 2
    engine.dispose()
