"""The ground a measurement stands on: a configuration, tables and sites of its own, removed at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from qtd.config.root import Config
from qtd.db.errors import translated
from qtd.demo.folder import HOST
from qtd.demo.site import load_sites
from qtd.errors import ConfigurationError
from qtd.store.create import create_tables
from qtd.store.schema import matomo_tables, own_tables
from qtd.worker.assemble import open_database

#: What the tables begin with, so that they are nobody else's.
PREFIX = "qtd_bench_"


def configuration(
    database: str, queue: Mapping[str, Any], *, ingest: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The sections of a configuration with the demo's sites."""
    return {
        "queue": dict(queue),
        "database": {"url": database, "tables_prefix": PREFIX},
        "matomo": {"salt": "the salt of the benchmark"},
        "sites": [
            {
                "idsite": site.idsite,
                "name": site.name,
                "main_url": site.address,
                "timezone": site.timezone,
                "currency": site.currency,
                "ecommerce": bool(site.products),
            }
            for site in load_sites()
        ],
        # The visitors' addresses are in X-Forwarded-For, as behind a web server.
        "ingest": {"host": HOST, "trusted_proxies": [HOST]} | (ingest or {}),
        "log": {"level": "info", "format": "json"},
        **more,
    }


@contextmanager
def tables(config: Config) -> Iterator[Engine]:
    """Fresh tables, as long as they are needed.

    Raises what `qtd.db.errors.translated` names.
    """
    engine = open_database(config)
    try:
        _drop(engine)
        create_tables(engine, PREFIX)
        try:
            yield engine
        finally:
            _drop(engine)
    finally:
        engine.dispose()


def _drop(engine: Engine) -> None:
    if engine.dialect.name not in ("sqlite", "mysql"):
        raise ConfigurationError(f"database URL: {engine.dialect.name!r} is not supported")
    with translated():
        for tables_of in (matomo_tables, own_tables):
            tables_of(engine.dialect.name, PREFIX).drop_all(engine)
