"""`qtd test`: the doctor, who looks at everything qtd depends on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from qtd.cli.setup import EXIT_FAILED, config_option
from qtd.clock import SystemClock
from qtd.config.load import load
from qtd.config.root import Config
from qtd.doctor.amounts import several
from qtd.doctor.check import Check, Verdict, totals
from qtd.doctor.examine import Examination
from qtd.log.redact import redact_text

_STYLES: Final = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.ERROR: "bold red"}

#: Columns where it is no terminal, whose lines are not to be broken.
_ENDLESS: Final = 10_000


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
def command(*, as_json: bool, config_path: Path | None) -> None:
    """Look at broker, database, Matomo and files, and say what to do where something is wrong.

    Tries the operations that qtd uses on keys of its own, which it removes again, and changes nothing else. May be run
    beside a qtd that works; best as the same user. What is away costs a few seconds, and the rest is still looked at.

    \b
    Each check is one of:
      ok       as it should be
      warning  it works, but something is slow, unknown or lost that need not be
      error    it does not work, or accepted requests may be lost

    Exit code 0: no error. 1: errors. 2: wrong usage or configuration.

    \b
    Example:
      qtd test
      qtd test --json --config /etc/qtd/qtd.yaml
    """
    config = load(config_path)
    checks = [_without_secrets(check) for check in _examined(config)]
    if as_json:
        click.echo(
            orjson.dumps({"checks": [asdict(check) for check in checks], "totals": totals(checks)}).decode()
        )
    else:
        _print(checks)
    if any(check.verdict is Verdict.ERROR for check in checks):
        sys.exit(EXIT_FAILED)


def _examined(config: Config) -> Iterator[Check]:
    """Yield all checks; on a terminal, say meanwhile what is being looked at."""
    progress = Console(stderr=True)
    with progress.status("") as status:
        for name, look in Examination(config, SystemClock()).groups():
            status.update(f"looking at {name}")
            yield from look()


def _without_secrets(check: Check) -> Check:
    """The last line of defence: what servers say of themselves goes through it as a log would."""
    return Check(
        name=check.name,
        verdict=check.verdict,
        found=redact_text(check.found, addresses=False),
        advice=redact_text(check.advice, addresses=False),
        where=redact_text(check.where, addresses=False),
    )


def _print(checks: list[Check]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_ENDLESS)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        found = f"{check.where}: {check.found}" if check.where else check.found
        table.add_row(Text(check.verdict.value, _STYLES[check.verdict]), check.name, Text(found))
        if check.advice:
            table.add_row("", "", Text(f"-> {check.advice}"))
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())
    counted = totals(checks)
    click.echo(
        f"{counted['ok']} ok, {several(counted['warning'], 'warning')}, {several(counted['error'], 'error')}"
    )
