"""`qtd`: finds the command and loads only what it needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from qtd import __version__
from qtd.errors import ConfigurationError, QtdError, SchemaError

#: command -> one line for `qtd --help`; the command itself is `command` in qtd/cli/<name>.py
COMMANDS = {
    "serve": "Accept tracking requests over HTTP.",
    "worker": "Record what waits in the queues, until stopped.",
    "supervise": "Keep as many workers running as are wanted.",
    "process": "Record what waits in the queues, then end (for cron).",
    "monitor": "Watch the queues: what waits, since when, who works on it.",
    "lock-status": "Show who holds which queue; take a lock off.",
    "print-queued-requests": "Print what will be recorded next.",
    "queues": "Look into the queues, change their number, or give up what waits.",
    "dead-letters": "Look at what could not be recorded; retry or drop it.",
    "audit": "Check that everything taken from the queues is accounted for.",
    "db": "Look after qtd's own tables.",
    "test": "Check everything qtd depends on, and say what to do.",
    "check-config": "Validate a configuration file.",
    "parity": "Compare the native engine with recordings of Matomo.",
    "bench": "Measure how fast this machine accepts and records.",
    "demo": "Run everything in one process group, with synthetic visitors.",
}


class _Commands(click.Group):
    """Imports a command when it is asked for, so that `qtd worker` does not pay for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"qtd.cli.{cmd_name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it can not do anything about is one line and an exit code, in all commands alike."""
        from qtd.cli.setup import fail, refuse  # noqa: PLC0415 - `qtd --help` does without

        try:
            return super().invoke(ctx)
        except (ConfigurationError, SchemaError) as error:
            refuse(error)
        except QtdError as error:
            fail(str(error))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command: {args[0]!r}; there are: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qtd")
def main() -> None:
    """Queued tracking for Matomo: accepts hits in milliseconds, records them in batches.

    \b
    Example:
      qtd demo --seconds 20
      qtd serve --with-worker --config /etc/qtd/qtd.yaml

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
    """
