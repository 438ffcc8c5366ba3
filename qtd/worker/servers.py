"""Broker and database by the names and addresses that logs call them, without accounts and passwords."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL, Engine

from qtd.config.root import Config
from qtd.db.engine import parse_url


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Something outside that has to be there."""

    #: `redis`, `database`, `matomo`
    name: str
    #: `127.0.0.1:6379`, `/run/redis.sock`, `db.example.org:3306/matomo`, `/var/lib/qtd/qtd.sqlite3`
    address: str


def broker_of(config: Config) -> Server:
    """Where the queues are."""
    if config.queue.backend == "memory":
        return Server(name="queue", address="memory")
    if config.queue.backend == "sql":
        return Server(name="queue database", address=_address(parse_url(config.queue_database_url)))
    redis = config.redis
    if redis.unix_socket is not None:
        return Server(name="redis", address=str(redis.unix_socket))
    hosts = ", ".join(map(str, redis.hosts))
    if redis.mode == "sentinel":
        hosts = f"{redis.sentinel.master_name} by {hosts}"
    return Server(name="redis", address=hosts)


def database_of(engine: Engine) -> Server:
    """Where the rows go."""
    return Server(name="database", address=_address(engine.url))


def matomo_of(config: Config) -> Server | None:
    """The Matomo that records, with engine http."""
    return Server(name="matomo", address=config.http.endpoint) if config.engine == "http" else None


def _address(url: URL) -> str:
    """Host, port and database, or a file's path; the URL's query may hold anything and is left out."""
    if url.get_backend_name() == "sqlite":
        return url.database or ""
    host = url.host or str(url.query.get("unix_socket") or "localhost")
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database}"
