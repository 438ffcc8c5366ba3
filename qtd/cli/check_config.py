"""`qtd check-config`: validate a configuration without using it."""

from __future__ import annotations

from pathlib import Path

import click

from qtd.cli.setup import read_config


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--without-secrets",
    is_flag=True,
    help="Leave the files of *_file keys unread: systemd's credentials are there for services only.",
)
def command(*, file: Path | None, without_secrets: bool) -> None:
    """Validate FILE (default: where every command looks for it).

    Exit code 0: valid. 2: one line for each mistake, with the key's path, the value and what is allowed.

    \b
    Example:
      qtd check-config /etc/qtd/qtd.yaml
    """
    config = read_config(file, secrets=not without_secrets)
    click.echo(f"{config.source or 'built-in defaults'}: valid")
