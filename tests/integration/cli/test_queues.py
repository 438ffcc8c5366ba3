"""`qtd queues` on queues with a few entries."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import text

from qtd.cli.main import main
from qtd.clock import SystemClock
from qtd.config.keep import Keep
from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.log.output import configure
from qtd.queue.contract import Numbering
from qtd.queue.sql import SqlQueues
from qtd.store.create import create_tables
from qtd.store.discard import Discard
from qtd.wire.request_set import RequestSet, encode
from tests.integration.cli.running import qtd

PEOPLE = [f"{number:03x}bbbbbbbbbbbbb" for number in range(12)]


@pytest.fixture(autouse=True)
def log_elsewhere() -> Iterator[None]:
    """Give the log back: commands send it to what is their standard error."""
    yield
    configure(stream=StringIO())


def entry(number: int, visitor: str) -> bytes:
    """A visitor's page view."""
    page = {"idsite": "1", "rec": "1", "url": f"http://example.org/{number}", "_id": visitor}
    return encode(
        RequestSet(
            requests=[dict(page)],
            server={"REMOTE_ADDR": "198.51.100.7"},
            cookies={},
            token_auth=False,
            time=int(SystemClock().now()),
            id=f"e{number}",
        )
    )


class Place:
    """A configuration with 4 queues, in each three visitors who wait with an entry each."""

    def __init__(self, folder: Path) -> None:
        url = f"sqlite:///{folder / 'qtd.sqlite3'}"
        values: dict[str, Any] = {
            "state_directory": str(folder),
            "database": {"url": url},
            "queue": {"backend": "sql", "count": 4},
            "sites": [{"idsite": 1, "name": "one", "main_url": "http://example.org"}],
            "log": {"level": "error", "format": "json"},
        }
        self.config = folder / "qtd.yaml"
        self.config.write_text(yaml.safe_dump(values))
        self.engine = open_engine(url)
        create_tables(self.engine)
        self.queues = SqlQueues(self.engine, count=4)
        self.queues.adopt(Numbering(count=4))
        self.queues.push_in_force([(number % 4, entry(number, who)) for number, who in enumerate(PEOPLE)])

    def qtd(self, *words: str) -> Result:
        """Run `qtd queues`."""
        return self.run("queues", *words)

    def run(self, *words: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(
            main, [*words, "--config", str(self.config)], prog_name="qtd", terminal_width=110
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give one."""
    made = Place(tmp_path)
    yield made
    made.queues.close()


def test_the_plan_says_how_visitors_would_spread(place: Place) -> None:
    """By queue and as a whole; nothing is moved by it."""
    said = place.qtd("plan", "--count", "3")
    assert said.exit_code == 0
    rows = [line.split() for line in said.output.splitlines()]
    assert rows[1:4] == [[str(queue), "4", "4", "33.3%"] for queue in range(3)]
    assert "1.00 times an even share" in said.output
    document = orjson.loads(place.qtd("plan", "--count", "8", "--json").output)
    assert (document["count"], document["in_force"], document["visitors"]) == (8, 4, 12)
    assert document["fullest"] == 1.333
    assert [queue["requests"] for queue in document["queues"]] == [2, 2, 2, 2, 1, 1, 1, 1]
    assert len(orjson.loads(place.qtd("plan", "--json").output)["queues"]) == 4
    assert place.queues.lengths() == [3, 3, 3, 3]


def test_a_change_says_what_it_did(place: Place) -> None:
    """And what is left to do: the configuration says otherwise. Again it is nothing."""
    said = place.qtd("resize", "8", "--json")
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[0].startswith("8 queues instead of 4: 12 entries were looked at, 4 of")
    document = orjson.loads(said.stdout.splitlines()[-1])
    assert document == {"count": 8, "before": 4, "entries": 12, "moved": 4}
    assert "queue.count is 4: set it to 8" in said.stderr
    assert place.queues.numbering() == Numbering(count=8)
    assert place.queues.with_count(8).lengths() == [2, 2, 2, 2, 1, 1, 1, 1]
    assert place.qtd("resize", "8").stdout == "there are 8 queues: nothing to do\n"


def test_a_queue_that_somebody_keeps_stops_a_change(place: Place) -> None:
    """Exit code 1, who it is, and everything is as before."""
    place.queues.with_count(4, lambda: "123456789abc:worker-1@web01").acquire(2, 600)
    said = place.qtd("resize", "8", "--wait", "0.2")
    assert said.exit_code == 1
    assert "queue 2 is locked by worker-1@web01" in said.stderr
    assert place.queues.numbering() == Numbering(count=4)
    assert [lock.queue for lock in place.queues.locks()] == [2]
    assert place.qtd("resize", "0").exit_code == place.qtd("resize", "5000").exit_code == 2


def test_a_queue_can_be_looked_into(place: Place) -> None:
    """Its first entries, without secrets; a queue that there is not is a mistake."""
    (first,) = [
        orjson.loads(line) for line in place.qtd("peek", "1", "--limit", "1", "--json").output.splitlines()
    ]
    assert (first["queue"], first["place"]) == (1, 1)
    assert PEOPLE[1] not in str(first["entry"]["requests"])
    assert PEOPLE[1] in place.qtd("peek", "1", "--reveal").output
    assert "queue 1: 3 waiting" in place.qtd("peek", "1").output
    said = place.qtd("peek", "4")
    assert said.exit_code == 2
    assert "there are 4 queues, so 0 to 3" in said.stderr


def test_what_is_dropped_is_kept_and_counted(place: Place, tmp_path: Path) -> None:
    """In a file for its owner alone, and in the balance; a worker finds nothing of it."""
    file = tmp_path / "kept.jsonl"
    wanted = place.queues.read(1, 10)
    assert place.qtd("drop", "1").exit_code == 2, "there is nobody to ask"
    assert place.qtd("drop", "--yes").exit_code == place.qtd("drop", "1", "--all", "--yes").exit_code == 2
    said = place.qtd("drop", "1", "--yes", "--json", "--export", str(file))
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[0] == "3 entries with 3 requests dropped"
    assert orjson.loads(said.stdout.splitlines()[-1]) == {"entries": 3, "requests": 3}
    lines = [orjson.loads(line) for line in file.read_text().splitlines()]
    assert [base64.b64decode(line["stored"]) for line in lines] == wanted
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert place.queues.lengths() == [3, 0, 3, 3]
    assert place.queues.locks() == []
    again = place.qtd("drop", "0", "--yes", "--export", str(file))
    assert again.exit_code == 1
    assert "File exists" in again.output
    assert place.qtd("drop", "--all", "--yes").stdout == "9 entries with 9 requests dropped\n"
    with writing(place.engine) as connection:
        counted = connection.execute(text("SELECT SUM(taken), SUM(dropped) FROM qtd_counter")).one()
    assert tuple(counted) == (12, 12)
    audit = place.run("audit")
    assert audit.exit_code == 0
    assert "all adds up" in audit.output


def test_what_was_recorded_already_is_not_dropped_again(place: Place) -> None:
    """Somebody died between commit and trim: its entry is only removed, and counted once."""
    discard = Discard(place.engine, sites={1}, clock=SystemClock(), keep=Keep())
    entries = discard.unapplied(1, place.queues.read(1, 1))
    assert discard.discard(1, entries, fence=discard.fence(1)) == 1
    assert place.qtd("drop", "1", "--yes").stdout == "2 entries with 2 requests dropped\n"
    assert place.queues.lengths() == [3, 0, 3, 3]
    assert "all adds up" in place.run("audit").output


@pytest.mark.parametrize("words", [("plan",), ("peek", "0"), ("drop", "0", "--yes"), ("resize", "4")])
def test_as_processes(place: Place, words: tuple[str, ...]) -> None:
    """Each command ends well."""
    with qtd("queues", *words, "--config", place.config) as process:
        assert process.end() == 0, process.noise


@pytest.mark.parametrize("words", [("plan",), ("peek", "0"), ("drop", "0", "--yes"), ("resize", "4")])
def test_without_a_database(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Each says so in one line, with exit code 1, and makes none."""
    config = tmp_path / "qtd.yaml"
    values = {"database": {"url": f"sqlite:///{tmp_path / 'none'}"}, "queue": {"backend": "sql"}}
    config.write_text(yaml.safe_dump(values))
    said = CliRunner().invoke(main, ["queues", *words, "--config", str(config)], prog_name="qtd")
    assert said.exit_code == 1
    assert said.stderr.startswith("qtd: there is no database")
    assert not (tmp_path / "none").exists()
