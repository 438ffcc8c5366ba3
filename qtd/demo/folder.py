"""The demo's folder: configuration, database with its sites and goals, queues, log. Nothing else is touched."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection

from qtd.config.load import load
from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.demo.site import Site
from qtd.errors import ConfigurationError
from qtd.store.create import create_tables
from qtd.store.schema import matomo_tables

HOST = "127.0.0.1"

#: Sites are as old as this, so that the visitors' day is younger.
_CREATED = "2020-01-01 00:00:00"

_EXPLANATION = """\
# Made by `qtd demo`. Everything is in this folder; other commands of qtd take it with `--config`, for example
# qtd serve --with-worker --config {path}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoFolder:
    """Where things are."""

    path: Path
    config: Config
    port: int

    @property
    def config_file(self) -> Path:
        """The configuration that all processes of the demo use."""
        return self.path / "qtd.yaml"

    @property
    def database(self) -> Path:
        """The rows, in the tables that Matomo would read."""
        return self.path / "matomo.sqlite3"

    @property
    def log(self) -> Path:
        """What the processes say: one JSON object per line."""
        return self.path / "qtd.log"


def make_folder(path: Path, *, sites: tuple[Site, ...], queues: int, workers: int) -> DemoFolder:
    """Fill an empty folder, or a new one.

    Raises:
        ConfigurationError: it is not empty, or can not be written.
    """
    path = path.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise ConfigurationError(f"{path}: not empty; the demo wants a folder of its own")
        port = free_port()
        file = path / "qtd.yaml"
        text = yaml.safe_dump(_configuration(path, port, queues, workers), sort_keys=False)
        file.write_text(_EXPLANATION.format(path=file) + text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from None
    folder = DemoFolder(path=path, config=load(file), port=port)
    engine = open_engine(folder.config.database_url)
    try:
        create_tables(engine)
        with writing(engine) as connection:
            _insert_sites(connection, sites)
    finally:
        engine.dispose()
    return folder


def _configuration(path: Path, port: int, queues: int, workers: int) -> dict[str, Any]:
    return {
        "state_directory": str(path),
        # A file of their own for the queues: SQLite has one writer at a time.
        "queue": {
            "backend": "sql",
            "count": queues,
            "database": {"url": f"sqlite:///{path / 'queues.sqlite3'}"},
        },
        "database": {"url": f"sqlite:///{path / 'matomo.sqlite3'}"},
        "workers": {"count": workers},
        # The visitors' addresses are in X-Forwarded-For, as behind a web server.
        "ingest": {"host": HOST, "port": port, "trusted_proxies": [HOST]},
        "matomo": {"salt": "the salt of the demo"},
        "log": {"level": "debug", "format": "json"},
    }


def _insert_sites(connection: Connection, sites: tuple[Site, ...]) -> None:
    tables = matomo_tables("sqlite").tables
    for site in sites:
        row = {
            "idsite": site.idsite,
            "name": site.name,
            "main_url": site.address,
            "ts_created": _CREATED,
            "ecommerce": int(bool(site.products)),
            "sitesearch_keyword_parameters": "",
            "sitesearch_category_parameters": "",
            "timezone": site.timezone,
            "currency": site.currency,
            "excluded_ips": "",
            "excluded_parameters": "",
            "excluded_user_agents": "",
            "excluded_referrers": "",
            "group": "",
            "type": "website",
        }
        connection.execute(tables["site"].insert(), row)
        for idgoal, goal in enumerate(site.goals, start=1):
            standard = {
                "idsite": site.idsite,
                "idgoal": idgoal,
                "pattern": "",
                "pattern_type": "",
                "case_sensitive": 0,
                "allow_multiple": 0,
                "revenue": 0.0,
            }
            connection.execute(tables["goal"].insert(), standard | dict(goal))


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
