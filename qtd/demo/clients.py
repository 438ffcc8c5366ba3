"""The visitors' side of the wire: kept connections, a steady rate, and a count of what was promised to them."""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import dataclass, field
from time import perf_counter

import orjson

from qtd.demo.crowd import Crowd
from qtd.demo.http_client import HttpConnection, NoAnswer, Response

#: A connection is not left alone when the rate is high; browsers in earnest have one each.
CONNECTIONS = 32
#: How much of what was missed is caught up with at once, in seconds.
_BURST_SECONDS = 0.1
#: After this long a request counts as one without an answer, in seconds.
_ANSWER_SECONDS = 60.0


@dataclass(kw_only=True, slots=True)
class Promises:
    """What the answers said; the clients' own count, from nothing but the wire."""

    #: HTTP requests sent
    sent: int = 0
    #: tracking requests answered with success, in a bulk request each that the answer calls tracked
    accepted: int = 0
    #: HTTP requests answered with 400 to 499
    refused: int = 0
    #: HTTP requests answered with 500 to 599: to be sent again
    unavailable: int = 0
    #: HTTP requests without an answer
    unanswered: int = 0
    #: seconds from the request to its answer
    latencies: array[float] = field(default_factory=lambda: array("d"), repr=False)

    def answered(self, response: Response) -> None:
        """Count an answer."""
        if response.status >= 500:
            self.unavailable += 1
        elif response.status >= 400:
            self.refused += 1
        else:
            self.accepted += tracked_by(response)


def tracked_by(response: Response) -> int:
    """How many tracking requests an answer with success says it has taken."""
    if response.status == 204 or response.body.startswith(b"GIF8"):
        return 1
    if response.body.startswith(b"{"):
        tracked: int = orjson.loads(response.body)["tracked"]
        return tracked
    return 0  # the empty page: there was nothing to track


class Clients:
    """Sends what the crowd wants to send."""

    def __init__(
        self,
        crowd: Crowd,
        *,
        host: str,
        port: int,
        rate: float,
        connections: int = CONNECTIONS,
    ) -> None:
        """`rate`: HTTP requests per second, 0: as fast as answers come."""
        self._crowd = crowd
        self._host = host
        self._port = port
        self._pause = 1 / rate if rate else 0.0
        self._connections = connections
        self._turn = 0.0
        self.promises = Promises()

    async def run(self, stopped: asyncio.Event) -> None:
        """Send until stopped; what is on its way then is answered first.

        Raises OSError where the server can not be reached.
        """
        self._turn = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._send(stopped) for _ in range(self._connections)))

    async def _send(self, stopped: asyncio.Event) -> None:
        promises = self.promises
        connection = HttpConnection(self._host, self._port)
        try:
            while True:
                await self._my_turn()
                if stopped.is_set():
                    return
                hit = self._crowd.next()
                began = perf_counter()
                promises.sent += 1
                try:
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        response = await connection.send(hit.request)
                except (NoAnswer, TimeoutError):
                    promises.unanswered += 1
                    connection.close()
                    connection = HttpConnection(self._host, self._port)
                else:
                    promises.latencies.append(perf_counter() - began)
                    promises.answered(response)
                self._crowd.answered(hit)
        finally:
            connection.close()

    async def _my_turn(self) -> None:
        """Wait until the rate allows one more."""
        if self._pause:
            now = asyncio.get_running_loop().time()
            turn = self._turn = max(self._turn + self._pause, now - _BURST_SECONDS)
            if turn > now:
                await asyncio.sleep(turn - now)
