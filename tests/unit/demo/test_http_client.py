from __future__ import annotations

import asyncio

import pytest

from qtd.demo.http_client import HttpConnection, NoAnswer, Response
from tests.unit.demo.serving import Serve, serving

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def answers_of(serve: Serve, count: int) -> list[Response | NoAnswer]:
    """What a client gets for `count` requests, one after the other, of a server like this."""

    async def run() -> list[Response | NoAnswer]:
        answers: list[Response | NoAnswer] = []
        async with serving(serve) as port:
            connection = HttpConnection("127.0.0.1", port)
            for _ in range(count):
                try:
                    answers.append(await connection.send(REQUEST))
                except NoAnswer as error:
                    answers.append(error)
            connection.close()
        return answers

    return asyncio.run(run())


def test_one_connection_serves_many_requests() -> None:
    """Answers with and without a body come over one connection, a body in pieces is whole."""
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
        await writer.drain()
        writer.write(b"def")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await reader.read()

    assert answers_of(serve, 2) == [Response(200, b"abcdef"), Response(204, b"")]
    assert len(connections) == 1


def test_a_closed_connection_is_made_anew() -> None:
    """Where the server ends the connection with its answer, the next request opens another one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    assert answers_of(serve, 3) == [Response(200, b"")] * 3


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", b"nonsense\r\n\r\n"])
def test_no_answer_is_an_error_of_its_own(sent: bytes) -> None:
    """A connection that ends before the answer, or in its middle, or says something else, gives no answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)

    assert isinstance(answers_of(serve, 1)[0], NoAnswer)


def test_a_server_that_is_not_there_is_an_error_of_the_system() -> None:
    """Nobody listens: the system's own error says so."""

    async def run() -> None:
        await HttpConnection("127.0.0.1", 1).send(REQUEST)

    with pytest.raises(ConnectionRefusedError):
        asyncio.run(run())
