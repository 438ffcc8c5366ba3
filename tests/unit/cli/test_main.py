"""`qtd` and the help of its commands."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from qtd import __version__
from qtd.cli import check_config, main
from qtd.cli.main import COMMANDS
from qtd.errors import ConfigurationError, DatabaseUnavailable, QtdError, SchemaError
from qtd.log.output import configure


@pytest.fixture(autouse=True)
def log_elsewhere() -> Iterator[None]:
    """Commands set the log up; afterwards it does not go to what was their standard error."""
    yield
    configure(stream=StringIO())


def run(*words: str) -> Result:
    """Run `qtd` in this process."""
    return CliRunner().invoke(main.main, words, prog_name="qtd", terminal_width=110)


def test_help_lists_every_command() -> None:
    """`qtd --help` names each command with one line, exit codes and an example."""
    said = run("--help")
    assert said.exit_code == 0
    for name, line in COMMANDS.items():
        assert name in said.output
        assert line in said.output
    assert "Example" in said.output
    assert "Exit codes" in said.output


def test_a_command_there_is_none_of() -> None:
    """Exit code 2, and a list of those there are."""
    said = run("serv")
    assert said.exit_code == 2
    assert "no such command: 'serv'" in said.output
    assert "serve, worker" in said.output


def test_the_version_is_told() -> None:
    """`qtd --version`."""
    assert run("--version").output == f"qtd, version {__version__}\n"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ConfigurationError("queue.count: wrong"), 2, "qtd: queue.count: wrong\n"),
        (SchemaError("no table"), 2, "qtd: no table\n"),
        (DatabaseUnavailable("gone, password=hunter2"), 1, "qtd: gone, password=[hidden]\n"),
    ],
)
def test_errors_are_a_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: QtdError, code: int, line: str
) -> None:
    """What a command raises is told without a traceback and without secrets, whichever command it is."""

    @click.command()
    def fails() -> None:
        raise error

    monkeypatch.setattr(check_config, "command", fails)
    said = run("check-config")
    assert (said.exit_code, said.stderr) == (code, line)


def test_check_config(tmp_path: Path) -> None:
    """A valid file is said to be valid; each mistake is a line with the key's path, and the exit code is 2."""
    file = tmp_path / "qtd.yaml"
    file.write_text("queue: {count: 8}\n")
    assert (run("check-config", str(file)).output, run("check-config", str(file)).exit_code) == (
        f"{file}: valid\n",
        0,
    )
    file.write_text("queue: {count: 0}\nredis: {hots: [a]}\n")
    said = run("check-config", str(file))
    assert said.exit_code == 2
    first, second = said.stderr.splitlines()
    assert first.startswith("qtd: queue.count: 0")
    assert second.startswith("qtd: redis.hots")
    assert run("check-config", str(tmp_path / "none.yaml")).exit_code == 2


@pytest.mark.parametrize("words", [("worker", "1"), ("process",), ("serve", "--with-worker")])
def test_queues_in_memory_have_no_workers(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Another process would work on an empty queue of its own for ever: that is refused."""
    file = tmp_path / "qtd.yaml"
    file.write_text("queue: {backend: memory}\n")
    said = run(*words, "--config", str(file))
    assert said.exit_code == 2
    assert "queue.backend: 'memory'" in said.stderr


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("worker", "5"), "qtd: worker 5: there are 4 at most"),
        (("process", "--queue-id", "4"), "qtd: --queue-id 4: queue.count is 4, so 0 to 3"),
    ],
)
def test_numbers_that_are_too_high(tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    """Exit code 2 and one line, before anything is connected to."""
    file = tmp_path / "qtd.yaml"
    file.write_text("queue: {count: 4}\n")
    said = run(*words, "--config", str(file))
    assert said.exit_code == 2
    assert line in said.stderr
