"""The demo's course: visitors surf, then the queues are emptied, and all the time it is shown how that goes."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from rich.console import Console

from qtd.clock import SystemClock
from qtd.demo.clients import Clients
from qtd.demo.display import Display, open_display
from qtd.demo.log_tail import LogTail
from qtd.demo.sample import Sampler
from qtd.demo.service import Service, ServiceFailed
from qtd.errors import BrokerUnavailable
from qtd.queue.contract import Queues

#: The processes have so long to accept the first connection, in seconds: loading everything takes some.
_START_SECONDS = 60.0
#: The queues are given up on when they do not get shorter for this long, in seconds.
_STUCK_SECONDS = 30.0


class Course:
    """Runs once; Ctrl-C ends the surfing, a second one the emptying."""

    def __init__(
        self, *, clients: Clients, service: Service, queues: Queues, log: LogTail, seconds: float
    ) -> None:
        self._clients = clients
        self._service = service
        self._queues = queues
        self._log = log
        self._seconds = seconds
        self._over = asyncio.Event()
        self._given_up = asyncio.Event()
        self._phase = "visitors"

    async def run(self, console: Console) -> float:
        """Returns how long it took from the first request to the last recorded one, in seconds."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupted)
        await self._until_serving()
        began = loop.time()
        sampler = Sampler(
            promises=self._clients.promises,
            queues=self._queues,
            log=self._log,
            group=self._service.group,
            clock=SystemClock(),
        )
        with open_display(console) as display:
            showing = asyncio.create_task(self._show(display, sampler))
            try:
                await self._surf()
                self._phase = "draining"
                await self._drain()
            finally:
                showing.cancel()
                with suppress(asyncio.CancelledError):
                    await showing
            seconds = loop.time() - began
            display.show(sampler.look("done"))
        return seconds

    def _interrupted(self) -> None:
        """Ctrl-C: the visitors leave; a second one: whatever waits stays in the queues."""
        if self._over.is_set():
            self._given_up.set()
        self._over.set()

    async def _until_serving(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                while not self._log.serving and not self._over.is_set():
                    self._service.check()
                    await asyncio.sleep(0.05)
                    self._log.read()
                return
        raise ServiceFailed(f"the endpoint did not accept connections within {_START_SECONDS:.0f} s")

    async def _surf(self) -> None:
        """Let the visitors surf until the time is over."""
        sending = asyncio.create_task(self._clients.run(self._over))
        ending = asyncio.create_task(self._over.wait())
        await asyncio.wait({sending, ending}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        self._over.set()
        try:
            await asyncio.gather(sending, ending)
        except OSError as error:
            self._service.check()
            raise ServiceFailed(f"the endpoint can not be reached: {error}") from None

    async def _drain(self) -> None:
        """Wait until nothing waits any more, or nothing moves any more."""
        loop = asyncio.get_running_loop()
        least, since = 2**62, loop.time()
        while not self._given_up.is_set():
            self._service.check()
            with suppress(BrokerUnavailable):
                waiting = sum(self._queues.lengths())
                if not waiting:
                    return
                if waiting < least:
                    least, since = waiting, loop.time()
            if loop.time() - since > _STUCK_SECONDS:
                return
            await asyncio.sleep(0.05)

    async def _show(self, display: Display, sampler: Sampler) -> None:
        while True:
            await asyncio.sleep(display.interval)
            self._service.check()
            display.show(sampler.look(self._phase))
