"""The help texts of all commands."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from qtd.cli.main import main


def commands(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All commands and groups below this one."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*words, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


@pytest.mark.parametrize("words", [(), *commands(main)], ids=" ".join)
def test_every_help_has_an_example(words: tuple[str, ...]) -> None:
    """On lines of its own, as it is typed; and a command that does something says what its exit codes mean."""
    shown = CliRunner().invoke(main, [*words, "--help"])
    assert shown.exit_code == 0
    lines = [line.strip() for line in shown.output.splitlines()]
    example = next(
        number for number, line in enumerate(lines) if line.startswith("Example") and line.endswith(":")
    )
    assert f"qtd {' '.join(words)}".strip() in "\n".join(lines[example + 1 :])
    assert "Exit code" in shown.output or "COMMAND [ARGS]" in shown.output
    assert "\\b" not in shown.output
