"""`qtd db`: our own tables in the database."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from qtd.cli.setup import EXIT_FAILED, config_option
from qtd.cli.tables import opened
from qtd.store.create import VERSION, status
from qtd.store.prepare import prepare
from qtd.worker.servers import database_of


@click.group(name="db")
def command() -> None:
    """Look after qtd's own tables. Matomo's are never changed; workers make what is missing when they start.

    \b
    Example:
      qtd db status
      qtd db upgrade
    """


@command.command(name="status")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
def status_(*, as_json: bool, config_path: Path | None) -> None:
    """Say whether the database has what qtd needs; change nothing.

    Exit code 0: it has. 1: it has not, or it failed. 2: wrong usage or configuration.

    \b
    Example:
      qtd db status --json
    """
    with opened(config_path, complete=False) as tables:
        found = status(tables.engine, tables.prefix)
        server = database_of(tables.engine).address
    if as_json:
        document = {
            "complete": found.complete,
            "version": found.version,
            "wanted": VERSION,
            "missing_own_tables": found.missing_own_tables,
            "missing_matomo_tables": found.missing_matomo_tables,
        }
        click.echo(orjson.dumps(document).decode())
    else:
        version = "none" if found.version is None else f"version {found.version}"
        click.echo(f"{server}: tables of qtd: {version}, wanted: version {VERSION}")
        for whose, missing in (("qtd", found.missing_own_tables), ("Matomo", found.missing_matomo_tables)):
            if missing:
                click.echo(f"missing tables of {whose}: {', '.join(missing)}")
    if not found.complete:
        sys.exit(EXIT_FAILED)


@command.command()
@config_option
def upgrade(*, config_path: Path | None) -> None:
    """Make the tables and columns that are missing; in an empty database Matomo's, too. May be repeated at any time.

    Workers of the former version go on meanwhile.

    Exit code 0: done. 1: the database failed. 2: wrong usage or configuration, or the tables are a newer program's.

    \b
    Example:
      qtd db upgrade
    """
    with opened(config_path, complete=False, make=True) as tables:
        before = status(tables.engine, tables.prefix).version
        made = prepare(tables.engine, tables.prefix, beside_matomo=tables.config.matomo.path is not None)
    if before == VERSION and not made:
        click.echo(f"version {VERSION}: nothing to do")
    else:
        click.echo(f"version {VERSION} (before: {before or 'none'}); tables made: {made}")
