"""`qtd dead-letters` on a database with a few of them."""

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
from sqlalchemy import Engine

from qtd.cli.main import main
from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.log.output import configure
from qtd.store.create import create_tables
from qtd.store.dead_letters import Buried, DeadLetters
from tests.integration.store.rows import NOW, rows

PAGE = orjson.dumps(
    {
        "requests": [
            {"idsite": "1", "rec": "1", "url": "http://example.org/", "uid": "alice", "token_auth": "t0ken"}
        ],
        "env": {"server": {"REMOTE_ADDR": "198.51.100.7"}, "cookie": {"_pk_id": "c00kie"}},
        "tokenAuth": "t0ken",
        "time": NOW,
    }
)
SECRETS = ("alice", "t0ken", "c00kie", "198.51.100.7")
BROKEN = b'{"uid": "alice\xff'


@pytest.fixture(autouse=True)
def log_elsewhere() -> Iterator[None]:
    """Give the log back: commands send it to what is their standard error."""
    yield
    configure(stream=StringIO())


class Place:
    """A configuration and its database with three letters: 1 and 2 can not be decoded, 3 can be recorded by now."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "qtd.yaml"
        url = f"sqlite:///{folder / 'qtd.sqlite3'}"
        site = {"idsite": 1, "name": "one", "main_url": "http://example.org"}
        self.config.write_text(
            yaml.safe_dump({"database": {"url": url}, "sites": [site], "log": {"level": "error"}})
        )
        self.engine: Engine = open_engine(url)
        create_tables(self.engine)
        causes = (("no JSON", BROKEN), ("no JSON", BROKEN), ("Bug", PAGE))
        buried = [Buried(entry=entry, cause=cause, places={(1, NOW // 60): 1}) for cause, entry in causes]
        with writing(self.engine) as connection:
            DeadLetters(self.engine).add(connection, 2, buried, now=NOW)

    def qtd(self, *words: str) -> Result:
        """Run `qtd dead-letters`."""
        words = ("dead-letters", *words, "--config", str(self.config))
        return CliRunner().invoke(main, words, prog_name="qtd", terminal_width=110)

    @property
    def left(self) -> list[int]:
        """The ids that are still there."""
        return [number for (number,) in rows(self.engine, "SELECT id FROM qtd_dead_letter ORDER BY id")]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give one."""
    made = Place(tmp_path)
    yield made
    made.engine.dispose()


def lines(result: Result) -> list[dict[str, Any]]:
    """What a command printed, line by line."""
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_they_are_listed_by_cause(place: Place) -> None:
    """The most frequent first, with a number to look at; the same as JSON."""
    said = place.qtd("list")
    assert said.exit_code == 0
    _, first, second, total = said.output.splitlines()
    assert first.split()[:4] == ["no", "JSON", "2", "2"]
    assert second.split() == ["Bug", "1", "1", *["2026-11-10", "10:00:00"] * 2, "3"]
    assert total == "3 letters with 3 requests"
    (document,) = lines(place.qtd("list", "--json"))
    assert (document["letters"], document["requests"]) == (3, 3)
    assert [(group["cause"], group["letters"], group["last_id"]) for group in document["causes"]] == [
        ("no JSON", 2, 2),
        ("Bug", 1, 3),
    ]


def test_secrets_are_shown_to_those_who_ask_for_them(place: Place) -> None:
    """Neither `show` nor `export` shows tokens, cookies, addresses or user ids without `--reveal`."""
    for words in (("show", "1", "3"), ("show", "1", "3", "--json"), ("export", "--all")):
        said = place.qtd(*words)
        assert said.exit_code == 0
        assert not [secret for secret in SECRETS if secret in said.output]
        assert "http://example.org/" in said.output
        revealed = place.qtd(*words, "--reveal")
        assert not [secret for secret in SECRETS if secret not in revealed.output]


def test_an_export_keeps_the_bytes(place: Place, tmp_path: Path) -> None:
    """In a new file that only its owner reads; nothing is overwritten, and the letters stay."""
    file = tmp_path / "letters.jsonl"
    assert place.qtd("export", "--all", "--reveal", "--output", str(file)).exit_code == 0
    stored = [base64.b64decode(orjson.loads(line)["stored"]) for line in file.read_text().splitlines()]
    assert stored == [BROKEN, BROKEN, PAGE]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = place.qtd("export", "--all", "--output", str(file))
    assert again.exit_code == 1
    assert "File exists" in again.output
    assert place.left == [1, 2, 3]


def test_a_retry_says_what_came_of_each(place: Place) -> None:
    """What can be recorded is, and is gone; what dies again stays with one more attempt, and the exit code is 1."""
    said = place.qtd("retry", "--all", "--json")
    assert said.exit_code == 1
    assert said.stdout.splitlines()[0] == "1 applied, 2 dead again"
    assert orjson.loads(said.stdout.splitlines()[-1]) == {"applied": 1, "dead": 2, "gone": 0}
    assert place.left == [1, 2]
    assert rows(place.engine, "SELECT DISTINCT attempts FROM qtd_dead_letter") == [(2,)]
    assert rows(place.engine, "SELECT server_time FROM log_link_visit_action") == [("2026-11-10 10:00:00",)]


def test_only_what_was_named_is_dropped(place: Place) -> None:
    """By number or by cause, and not without being asked to be sure."""
    assert place.qtd("drop", "1").exit_code == 2
    assert place.left == [1, 2, 3]
    assert place.qtd("drop", "1", "--yes").output == "1 dropped\n"
    assert place.left == [2, 3]
    assert place.qtd("drop", "--cause", "no JSON", "--yes").exit_code == 0
    assert place.left == [3]


@pytest.mark.parametrize(
    "words", [("retry",), ("drop", "--yes"), ("export",), ("retry", "1", "--all"), ("show",)]
)
def test_which_ones_has_to_be_said(place: Place, words: tuple[str, ...]) -> None:
    """Nothing is done to all because somebody forgot to say which: exit code 2."""
    assert place.qtd(*words).exit_code == 2
    assert place.left == [1, 2, 3]


@pytest.mark.parametrize("command", ["show", "retry", "drop", "export"])
def test_a_number_that_is_none_stops_the_command(place: Place, command: str) -> None:
    """Nothing is done to the others: somebody mistyped."""
    said = place.qtd(command, "3", "77", *(["--yes"] if command == "drop" else []))
    assert said.exit_code == 1
    assert "no such dead letter: 77" in said.output
    assert place.left == [1, 2, 3]


def test_tables_that_are_not_there_are_said_to_be(tmp_path: Path) -> None:
    """One line that names the command which makes them, and no file made by looking."""
    config = tmp_path / "qtd.yaml"
    config.write_text(yaml.safe_dump({"database": {"url": f"sqlite:///{tmp_path / 'none.sqlite3'}"}}))
    words = ("dead-letters", "list", "--config", str(config))
    said = CliRunner().invoke(main, words)
    assert (said.exit_code, said.output.count("\n")) == (1, 1)
    assert "qtd db upgrade" in said.output
    assert not (tmp_path / "none.sqlite3").exists()
    (tmp_path / "none.sqlite3").touch()
    said = CliRunner().invoke(main, words)
    assert (said.exit_code, said.output.count("\n")) == (2, 1)
    assert "qtd db upgrade" in said.output
