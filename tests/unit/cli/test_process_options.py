"""The options of the plugin's command, as they stand in crontabs."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from qtd.cli.process_options import console_options, cycle_options, queue_options

DEFAULTS = {
    "queue_id": None,
    "max_requests": None,
    "at_least": None,
    "cycle": 1,
    "sleep": 1,
    "delay": 0,
    "verbose": 0,
    "quiet": False,
}


def run(*words: str) -> tuple[Result, dict[str, Any]]:
    """What a command with these options makes of the words."""
    given: dict[str, Any] = {}

    @click.command()
    @queue_options
    @cycle_options
    @console_options
    def command(**options: Any) -> None:
        given.update(options)

    return CliRunner().invoke(command, words), given


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("", {}),
        ("--queue-id=0", {"queue_id": 0}),
        ("--queue-id=", {}),
        ("--queue-id 3 -vvv", {"queue_id": 3, "verbose": 3}),
        ("--force-num-requests-process-at-once=25", {"max_requests": 25}),
        ("-c 0 -s 5 -d 2", {"cycle": 0, "sleep": 5, "delay": 2}),
        ("--cycle=3 --sleep=0 --delay=-1", {"cycle": 3}),
        ("-q --no-interaction --no-ansi", {"quiet": True}),
        ("--at-least 7", {"at_least": 7}),
    ],
)
def test_they_are_understood(line: str, options: dict[str, Any]) -> None:
    """What is not given is as in the plugin; too short a pause is one second, as there."""
    result, given = run(*line.split())
    assert result.exit_code == 0
    assert given == DEFAULTS | options
    assert result.output == ""


@pytest.mark.parametrize(
    "word",
    [
        "--queue-id=x",
        "--queue-id=-1",
        "--cycle=often",
        "--force-num-requests-process-at-once=0",
        "--at-least=0",
    ],
)
def test_mistakes_are_wrong_usage(word: str) -> None:
    """Exit code 2, and the option is named."""
    result, _ = run(word)
    assert result.exit_code == 2
    assert word.split("=", maxsplit=1)[0] in result.output


@pytest.mark.parametrize(
    "word", ["--matomo-domain=a.example", "--piwik-domain=b", "--xhprof", "--ignore-warn"]
)
def test_what_means_nothing_is_said(word: str) -> None:
    """The command runs, and a line says what there is instead."""
    result, given = run(word)
    assert result.exit_code == 0
    assert given == DEFAULTS
    assert result.output.startswith(f"qtd: {word.split('=', maxsplit=1)[0]} has no meaning here: ")
