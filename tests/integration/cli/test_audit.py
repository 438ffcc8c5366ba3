"""`qtd audit` as people and scripts see it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result

from qtd.cli.main import main
from qtd.clock import SystemClock
from qtd.db.engine import open_engine
from qtd.store.create import create_tables
from tests.integration.store.rows import run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a configuration with queues and rows in SQLite, where two minutes ago two requests were excluded."""
    file, url = tmp_path / "qtd.yaml", f"sqlite:///{tmp_path / 'qtd.sqlite3'}"
    file.write_text(yaml.safe_dump({"database": {"url": url}, "queue": {"backend": "sql"}}))
    engine = open_engine(url)
    create_tables(engine)
    minute = int(SystemClock().now()) // 60 - 2
    run(
        engine,
        f"INSERT INTO qtd_counter (minute, idsite, queue, taken, excluded) VALUES ({minute}, 7, 0, 2, 2)",
    )
    engine.dispose()
    return file


def audit(config: Path, *words: str) -> Result:
    """Run it."""
    return CliRunner().invoke(main, ("audit", *words, "--config", str(config)), prog_name="qtd")


def test_what_adds_up_ends_well(config: Path) -> None:
    """Exit code 0, the counts of each site, and how much waits."""
    said = audit(config)
    assert said.exit_code == 0
    assert said.output.splitlines()[-1] == "all adds up"
    assert said.output.splitlines()[-2].split() == ["7", "2", "0", "2", "0", "0", "0", "0"]
    document = orjson.loads(audit(config, "--json").stdout)
    assert document["waiting_entries"] == 0
    assert document["differences"] == []
    assert document["sites"][0]["taken"] == 2


def test_a_difference_is_named_and_fails(config: Path) -> None:
    """Exit code 1, with site, minute and stage; the time from which on is compared can be chosen."""
    engine = open_engine(f"sqlite:///{config.parent / 'qtd.sqlite3'}")
    run(engine, "UPDATE qtd_counter SET excluded = 1")
    engine.dispose()
    said = audit(config)
    assert said.exit_code == 1
    assert "site 7, 20" in said.output
    assert "outcome: 2 counted, 1 found" in said.output
    (one,) = orjson.loads(audit(config, "--json", "--since", "1d").stdout)["differences"]
    assert one["minute"] % 60 == 0
    assert (one["idsite"], one["check"], one["counted"], one["found"]) == (7, "outcome", 2, 1)
    assert audit(config, "--since", "1m").exit_code == 0


@pytest.mark.parametrize("since", ["yesterday", "15d", "2020-01-01", "24"])
def test_a_time_that_can_not_be_is_refused(config: Path, since: str) -> None:
    """Neither a span nor a time, or from before the counters: exit code 2."""
    said = audit(config, "--since", since)
    assert said.exit_code == 2
    assert "--since" in said.output
