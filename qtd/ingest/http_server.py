"""One process' HTTP server: accepts connections, watches their time, and ends without losing an answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from qtd.clock import Clock
from qtd.config.ingest import Ingest
from qtd.errors import QtdError
from qtd.ingest.answer import Answer
from qtd.ingest.backing import Backing
from qtd.ingest.coalescer import Coalescer
from qtd.ingest.connection import Connection, Handler
from qtd.ingest.counters import Counters
from qtd.ingest.endpoint import Endpoint
from qtd.ingest.http_date import HttpDate
from qtd.ingest.limits import Limits
from qtd.ingest.listening import BACKLOG
from qtd.ingest.proxies import Proxies
from qtd.ingest.spool.spool import Spool
from qtd.ingest.tracking_api import TrackingApi
from qtd.log import Logger
from qtd.log.events.ingest import PushFailed, PushRecovered
from qtd.log.events.queues import QueuesRenumbered
from qtd.wire.entry_id import entry_ids

SWEEP_SECONDS = 0.5
"""How often connections are looked at for their time; also how coarse their time is."""

ACCEPTING_TURNS = 5
"""Turns of the event loop until every connection that was accepted is known to us; uvloop needs two."""

DRAIN_SECONDS = 20.0
"""How long a stop waits for requests that are coming in and for the broker."""

SPOOL_SECONDS = 3.0
"""How long a stop goes on to drain the spool, if the broker takes it: what is left waits for the next start."""


class HttpServer:
    """The endpoint on listening sockets, in the running event loop."""

    def __init__(
        self, config: Ingest, backing: Backing, *, counters: Counters, clock: Clock, log: Logger
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        self.limits = Limits.of(config)
        self._connections: set[Connection] = set()
        self.stopping = False
        self.coarse_time = loop.time()
        self._date = HttpDate(clock.now)
        self._empty = asyncio.Event()
        self._log = log
        pushes = _PushLog(log, clock)
        self._spool = backing.spool
        self._coalescer = Coalescer(
            backing.push,
            call_soon=loop.call_soon_threadsafe,
            failed=pushes.failed,
            succeeded=pushes.succeeded,
            spool=backing.spool,
            spools_failures=not backing.direct,
            queues=backing.queues,
            numbers=backing.numbers,
            renumbered=self._renumbered,
            monotonic=clock.monotonic,
        )
        self._watch: asyncio.TimerHandle | None = None
        if self._spool is not None:
            self._spool.start()
        if self._spool is not None and not backing.direct:
            self._check_push(self._spool.deadline_seconds / 4)
        # For what may take its time: health checks, and requests that go past the queue.
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="qtd-ingest")
        self._api = TrackingApi(
            settings=backing.settings,
            queues=backing.queues,
            proxies=Proxies(
                config.trusted_proxies,
                client_headers=config.proxy_client_headers,
                host_headers=config.proxy_host_headers,
            ),
            new_id=entry_ids(),
            now=clock.now,
            records_now=backing.record_now is not None,
            zero_ids_by_address=backing.zero_ids_by_address,
            entries=backing.entries,
        )
        self._endpoint = Endpoint(
            api=self._api,
            submit=self._coalescer.submit,
            counters=counters,
            health=partial(health, backing.ping, backing.spool, direct=backing.direct),
            executor=self._executor,
            call_soon=loop.call_soon_threadsafe,
            log=log,
            record_now=backing.record_now,
        )
        self.handle: Handler = self._endpoint.handle
        self._servers: list[asyncio.Server] = []
        self._sweep = loop.call_later(SWEEP_SECONDS, self._check_connections)

    async def listen(self, listening: Sequence[socket.socket]) -> None:
        """Accept connections from now on."""
        for one in listening:
            server = await self._loop.create_server(lambda: Connection(self), sock=one, backlog=BACKLOG)
            self._servers.append(server)

    async def stop(self) -> None:
        """Accept nothing more, answer what was received, then end; at most `DRAIN_SECONDS` and the push."""
        self.stopping = True
        for server in self._servers:
            server.close()
        for _ in range(ACCEPTING_TURNS):
            await asyncio.sleep(0)
        for connection in tuple(self._connections):
            connection.stop()
        if self._connections:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), DRAIN_SECONDS)
        self._sweep.cancel()
        for connection in tuple(self._connections):
            connection.abort()
        await self._loop.run_in_executor(None, self._coalescer.close, DRAIN_SECONDS)
        if self._watch is not None:
            self._watch.cancel()
        if self._spool is not None:
            await self._loop.run_in_executor(None, self._spool.close, SPOOL_SECONDS)
        self._executor.shutdown(wait=False, cancel_futures=True)

    # what its connections need of it

    def opened(self, connection: Connection) -> None:
        """Take note of a connection."""
        self._connections.add(connection)
        self._empty.clear()

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    def refused(self, answer: Answer) -> None:
        """Count an answer that a connection gave by itself."""
        self._endpoint.refused(answer)

    def date(self) -> bytes:
        """Return the Date header's value."""
        return self._date()

    def _renumbered(self, queues: int) -> None:
        self._log.emit(QueuesRenumbered(queues=queues, before=self._api.queues))
        self._api.queues = queues

    def _check_push(self, seconds: float) -> None:
        self._coalescer.check()
        self._watch = self._loop.call_later(seconds, self._check_push, seconds)

    def _check_connections(self) -> None:
        self.coarse_time = now = self._loop.time()
        for connection in tuple(self._connections):
            connection.check(now)
        self._sweep = self._loop.call_later(SWEEP_SECONDS, self._check_connections)


def health(ping: Callable[[], None], spool: Spool | None, *, direct: bool = False) -> str:
    """Say in words that requests are accepted, and where to; raises a QtdError where they are not."""
    if direct:
        ping()
        return "ready, recording at once: queue.enabled is false"
    if spool is None:
        ping()
        return "ready"
    if spool.waits():
        spool.check()
        return f"ready, spooling: {spool.state().entries} entries wait on local disk for the broker"
    try:
        ping()
    except QtdError as error:
        spool.check()
        return f"ready, but requests will go to local disk: {error}"
    return "ready"


@dataclass(slots=True)
class _PushLog:
    """Says once that the broker fails and once that it works again, not for every push."""

    log: Logger
    clock: Clock
    failing_since: float | None = None
    refused: int = 0

    def failed(self, error: QtdError, entries: int) -> None:
        if self.failing_since is None:
            self.failing_since = self.clock.monotonic()
            self.log.emit(PushFailed(entries=entries, cause=str(error)))
        self.refused += entries

    def succeeded(self) -> None:
        if self.failing_since is not None:
            seconds = self.clock.monotonic() - self.failing_since
            self.log.emit(PushRecovered(seconds=seconds, refused=self.refused))
            self.failing_since = None
            self.refused = 0
