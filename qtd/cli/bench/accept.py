"""`qtd bench accept`: how fast the endpoint accepts page views."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

import click
import orjson
import yaml
from rich.console import Console

from qtd.cli.bench.ground import configuration, tables
from qtd.cli.bench.load import Load, load_with_ours, load_with_wrk, wrk_is_there
from qtd.cli.bench.page_views import page_views
from qtd.cli.bench.private_redis import private_redis
from qtd.cli.bench.rounds import Spread
from qtd.config.load import load
from qtd.config.root import Config
from qtd.demo import http_form
from qtd.demo.folder import HOST, free_port
from qtd.demo.log_tail import LogTail
from qtd.demo.process_group import cpu_seconds
from qtd.demo.service import Service
from qtd.errors import QtdError
from qtd.queue.open import open_queues

Backend = Literal["memory", "redis", "sql"]

#: So many different requests are sent, again and again.
_REQUESTS = 5000
_HITS_PER_VISIT = 10
_START_SECONDS = 30.0
_WARM_UP_SECONDS = 1.0


@click.command()
@click.option(
    "--backend",
    type=click.Choice(["memory", "redis", "sql"]),
    default="redis",
    show_default=True,
    help="Where requests are put: a Redis server of its own, tables in SQLite, or memory (nothing durable).",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.1, max=3600),
    default=5.0,
    show_default=True,
    help="How long each round takes.",
)
@click.option(
    "--connections", type=click.IntRange(1, 10_000), default=64, show_default=True, help="Clients at a time."
)
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Of the endpoint."
)
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="How often it is repeated."
)
@click.option(
    "--client",
    type=click.Choice(["auto", "wrk", "own"]),
    default="auto",
    show_default=True,
    help="Who sends: wrk, where it is installed, takes less of the machine.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, last.")
def accept(
    *,
    backend: Backend,
    seconds: float,
    connections: int,
    processes: int,
    rounds: int,
    client: str,
    as_json: bool,
) -> None:
    """Start the endpoint as `qtd serve` does, and send it page views from another process.

    Clients share the machine with the endpoint; what each of them took of it is part of the result.

    Exit code 0: measured. 1: something failed, or a request was not accepted. 2: wrong usage.

    \b
    Example:
      qtd bench accept --backend sql --seconds 2 --rounds 3
    """
    if client == "wrk" and not wrk_is_there():
        raise click.UsageError("wrk is not installed: apt install wrk, or --client own")
    with_wrk = client != "own" and wrk_is_there()
    send = load_with_wrk if with_wrk else load_with_ours
    console = Console(stderr=True)
    loads: list[Load] = []
    shares: list[float] = []
    with _endpoint(backend, processes) as (port, group, requests, waiting):
        send(port, requests, connections=connections, seconds=_WARM_UP_SECONDS)
        before = waiting()
        for number in range(1, rounds + 1):
            used = cpu_seconds(group)
            with console.status(f"round {number} of {rounds}"):
                done = send(port, requests, connections=connections, seconds=seconds)
            shares.append((cpu_seconds(group) - used) / done.seconds)
            loads.append(done)
            console.print(f"round {number}: {done.requests / done.seconds:,.0f} hits/s", highlight=False)
        _check(loads, None if before is None else waiting() - before)
    result = _result(loads, shares)
    result |= {
        "backend": backend,
        "processes": processes,
        "connections": connections,
        "client": "wrk" if with_wrk else "own",
    }
    _print(loads, shares, result)
    if as_json:
        click.echo(orjson.dumps({"benchmark": "accept"} | result).decode())


@contextmanager
def _endpoint(backend: Backend, processes: int) -> Iterator[tuple[int, int, Path, Callable[[], Any]]]:
    """A running endpoint: its port, its process group, a file of requests for it, how many entries wait."""
    with tempfile.TemporaryDirectory(prefix="qtd-bench-") as name:
        folder, port, redis_port = Path(name), free_port(), free_port()
        file = folder / "qtd.yaml"
        database = f"sqlite:///{folder / 'bench.sqlite3'}"
        queue: dict[str, Any] = {"backend": backend, "count": 4}
        if backend == "sql":
            queue["database"] = {"url": f"sqlite:///{folder / 'queues.sqlite3'}"}
        more: dict[str, Any] = {"redis": {"hosts": [f"{HOST}:{redis_port}"]}} if backend == "redis" else {}
        ingest = {"port": port, "processes": processes}
        values = configuration(database, queue, ingest=ingest, state_directory=name, **more)
        file.write_text(yaml.safe_dump(values), encoding="utf-8")
        requests = folder / "requests"
        requests.write_bytes(
            b"".join(
                http_form.get(view.params, host=f"{HOST}:{port}", headers=view.headers)
                for view in page_views(_REQUESTS, hits_per_visit=_HITS_PER_VISIT)
            )
        )
        config = load(file)
        broker = private_redis(folder, redis_port) if backend == "redis" else nullcontext()
        with tables(config), broker:
            service = Service(
                [sys.executable, "-m", "qtd", "serve", "--config", str(file)], log=folder / "log"
            )
            try:
                _until_serving(service, LogTail(folder / "log"))
                yield port, service.group, requests, _waiting(config, backend)
                service.stop()
            finally:
                service.kill()


def _until_serving(service: Service, log: LogTail) -> None:
    end = time.monotonic() + _START_SECONDS
    while not log.serving:
        service.check()
        if time.monotonic() > end:
            raise QtdError(f"the endpoint did not accept connections within {_START_SECONDS:.0f} s")
        time.sleep(0.05)
        log.read()


def _waiting(config: Config, backend: Backend) -> Callable[[], int | None]:
    """How many entries wait, as far as that can be seen from outside."""

    def waiting() -> int | None:
        if backend == "memory":
            return None
        with closing(open_queues(config)) as queues:
            return sum(queues.lengths())

    return waiting


def _check(loads: list[Load], waiting: int | None) -> None:
    """Raise QtdError where requests were not accepted, or accepted and are not there."""
    errors = sum(done.errors for done in loads)
    accepted = sum(done.requests for done in loads)
    if errors:
        raise QtdError(f"{errors} requests were not accepted")
    if waiting is not None and waiting < accepted:
        raise QtdError(f"{accepted} requests were accepted, but only {waiting} are in the queues")


def _result(loads: list[Load], shares: list[float]) -> dict[str, Any]:
    return {
        "hits_per_second": Spread.of([done.requests / done.seconds for done in loads]).as_dict(),
        "latency_ms": {
            "p50": Spread.of([done.p50 for done in loads]).as_dict(2),
            "p99": Spread.of([done.p99 for done in loads]).as_dict(2),
        },
        "endpoint_processor_microseconds": _processor(loads, shares).as_dict(),
        "cores": {
            "machine": os.cpu_count(),
            "endpoint": Spread.of(shares).as_dict(2),
            "clients": Spread.of([done.cpu_seconds / done.seconds for done in loads]).as_dict(2),
        },
    }


def _processor(loads: list[Load], shares: list[float]) -> Spread:
    """Microseconds of processor time that the endpoint took for each hit; the broker's are not in it."""
    return Spread.of(
        [
            share * done.seconds / max(done.requests, 1) * 1e6
            for share, done in zip(shares, loads, strict=True)
        ]
    )


def _print(loads: list[Load], shares: list[float], result: dict[str, Any]) -> None:
    click.echo(
        f"{result['backend']}, {result['processes']} process(es),"
        f" {result['connections']} connections of {result['client']}"
    )
    rate = Spread.of([done.requests / done.seconds for done in loads])
    click.echo(f"{rate.text()} hits/s")
    p50, p99 = Spread.of([done.p50 for done in loads]), Spread.of([done.p99 for done in loads])
    click.echo(f"answered within {p50.text(2)} ms (half), {p99.text(2)} ms (99 %)")
    clients = Spread.of([done.cpu_seconds / done.seconds for done in loads])
    click.echo(f"{_processor(loads, shares).text()} microseconds of the endpoint's processor time each")
    click.echo(
        f"of {os.cpu_count()} cores the endpoint took {Spread.of(shares).text(2)}, the clients {clients.text(2)}"
    )
