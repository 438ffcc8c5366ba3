"""`qtd serve`: the endpoint in one process or several, until it is asked to end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import uvloop

from qtd.clock import Clock, SystemClock
from qtd.config.ingest import Ingest
from qtd.ingest.backing import Backing
from qtd.ingest.counters import Counters
from qtd.ingest.http_server import HttpServer
from qtd.ingest.listening import Listening, listen
from qtd.ingest.processes import Processes
from qtd.ingest.pulse import BEAT_SECONDS, Pulse, Unheard
from qtd.log import Logger, get_logger
from qtd.log.events.ingest import IngestStarted, IngestStopped
from qtd.log.events.process import Stopping


class Running:
    """A running endpoint, for whoever embeds it; safe to use from other threads."""

    def __init__(
        self, addresses: tuple[str, ...], loop: asyncio.AbstractEventLoop, stopped: asyncio.Event
    ) -> None:
        #: each `host:port`, or the path of a unix socket
        self.addresses = addresses
        self._loop = loop
        self._stopped = stopped

    def stop(self) -> None:
        """Ask it to end; `serve` returns when all is answered. Nothing happens where it has ended already."""
        with suppress(RuntimeError):  # the loop is closed, as only the end of `serve` does
            self._loop.call_soon_threadsafe(self._stopped.set)


def serve(
    config: Ingest,
    make_backing: Callable[[], Backing],
    *,
    counters: Counters | None = None,
    clock: Clock | None = None,
    log: Logger | None = None,
    started: Callable[[Running], None] = lambda _running: None,
    pulse: Pulse | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then answer what was received and return.

    `make_backing` is called in each process that serves. With one process everything is in this one (signals
    are looked after only in the main thread; elsewhere use `Running.stop`), `counters` are filled, and
    `started` is told when connections are accepted. With several this one only looks after them; each counts
    for itself. Either way `pulse` is told each second that requests are taken, and how many they were.

    Raises ConfigurationError where the address can not be listened on.
    """
    process = _Process(
        config=config,
        make_backing=make_backing,
        clock=clock or SystemClock(),
        log=log or get_logger("ingest"),
    )
    pulse = pulse or Unheard()
    listening = listen(config)
    try:
        if config.processes == 1:
            process.serve(listening, counters or Counters(), started, pulse)
            return
        process.log.emit(_started(listening, config.processes))
        Processes(
            config.processes,
            lambda own: process.serve(listening, Counters(), lambda _running: None, own),
            pulse=pulse,
            clock=process.clock,
            log=process.log,
        ).run()
    finally:
        listening.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Process:
    """One process that serves."""

    config: Ingest
    make_backing: Callable[[], Backing]
    clock: Clock
    log: Logger

    def serve(
        self, listening: Listening, counters: Counters, started: Callable[[Running], None], pulse: Pulse
    ) -> None:
        backing = self.make_backing()
        # A hit makes dozens of dicts and no cycle: looking for cycles every 700 objects costs a sixth of it.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve(backing, listening, counters, started, pulse))
        finally:
            backing.close()
        self.log.emit(IngestStopped(accepted=counters.accepted, refused=counters.refused))

    async def _serve(
        self,
        backing: Backing,
        listening: Listening,
        counters: Counters,
        started: Callable[[Running], None],
        pulse: Pulse,
    ) -> None:
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._asked_to_end, number.name, stopped, pulse)
        server = HttpServer(self.config, backing, counters=counters, clock=self.clock, log=self.log)
        # Copies, because the server closes them: the other processes, or a restart, still use the sockets.
        await server.listen([socket.socket(fileno=os.dup(one.fileno())) for one in listening.sockets])
        if self.config.processes == 1:
            self.log.emit(_started(listening, 1))
        started(Running(listening.addresses, loop, stopped))
        beating = loop.create_task(_beat(pulse, counters))
        await stopped.wait()
        await server.stop()
        beating.cancel()

    def _asked_to_end(self, reason: str, stopped: asyncio.Event, pulse: Pulse) -> None:
        if not stopped.is_set():
            self.log.emit(Stopping(reason=reason))
            pulse.stopping()
        stopped.set()


def _started(listening: Listening, processes: int) -> IngestStarted:
    return IngestStarted(listen=", ".join(listening.addresses), processes=processes)


async def _beat(pulse: Pulse, counters: Counters) -> None:
    """Tell of ourselves until cancelled."""
    while True:
        pulse.beat(counters)
        await asyncio.sleep(BEAT_SECONDS)
