from __future__ import annotations

import asyncio
from itertools import count

import pytest

from qtd.demo.clients import Clients, Promises, tracked_by
from qtd.demo.crowd import Crowd
from qtd.demo.http_client import Response
from qtd.demo.site import load_sites
from tests.unit.demo.serving import serving

NO_CONTENT = Response(204, b"")


@pytest.mark.parametrize(
    ("response", "tracked"),
    [
        (NO_CONTENT, 1),
        (Response(200, b"GIF89a\x01\x00"), 1),
        (Response(200, b'{"status":"success","tracked":7,"invalid":1}'), 7),
        (Response(200, b""), 0),
    ],
)
def test_an_answer_says_how_much_was_taken(response: Response, tracked: int) -> None:
    """204 and the image mean one, the bulk API's answer as many as it says, the empty page none."""
    assert tracked_by(response) == tracked


def test_answers_are_counted_by_what_they_mean() -> None:
    """Accepted, refused and unavailable are kept apart."""
    promises = Promises()
    for status in (204, 400, 404, 500, 503):
        promises.answered(Response(status, b""))
    assert (promises.accepted, promises.refused, promises.unavailable) == (1, 2, 2)


def run_clients(*, rate: float, answer: bytes, until: int, connections: int = 4) -> tuple[Promises, float]:
    """Clients against a server that always answers so, until it has had so many requests; and how long it took."""

    async def run() -> tuple[Promises, float]:
        stopped = asyncio.Event()
        received = count(1)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                for line in head.split(b"\r\n"):
                    if line.startswith(b"Content-Length: "):
                        await reader.readexactly(int(line[16:]))
                if next(received) >= until:
                    stopped.set()
                writer.write(answer)
                if not answer:
                    return

        crowd = Crowd(seed=1, sites=load_sites(), visitors=50, requests=100, end=1.8e9, host="x")
        async with serving(serve) as port:
            clients = Clients(crowd, host="127.0.0.1", port=port, rate=rate, connections=connections)
            began = asyncio.get_running_loop().time()
            await clients.run(stopped)
            return clients.promises, asyncio.get_running_loop().time() - began

    return asyncio.run(run())


def test_every_request_gets_its_answer_before_the_end() -> None:
    """When the clients are stopped, what is on its way is still answered and counted."""
    promises, _ = run_clients(rate=0, answer=b"HTTP/1.1 204 No Content\r\n\r\n", until=100)
    assert promises.sent == promises.accepted >= 100
    assert len(promises.latencies) == promises.sent
    assert promises.unanswered == 0


def test_the_rate_is_kept() -> None:
    """200 a second: 40 requests take at least the time of 39 pauses, less the burst that is allowed at once."""
    promises, seconds = run_clients(rate=200, answer=b"HTTP/1.1 204 No Content\r\n\r\n", until=40)
    assert promises.sent >= 40
    assert seconds >= 39 / 200 - 0.1


def test_what_is_not_answered_is_counted_as_such() -> None:
    """A server that ends connections without an answer: nothing is accepted, and the clients go on."""
    promises, _ = run_clients(rate=0, answer=b"", until=20)
    assert promises.accepted == 0
    assert promises.unanswered == promises.sent >= 20
