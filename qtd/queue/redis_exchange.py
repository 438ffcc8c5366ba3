"""One round trip with one or several Redis servers: all commands out, then all answers in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from redis.exceptions import ReadOnlyError, ResponseError

if TYPE_CHECKING:
    from redis import ConnectionPool

#: How Redis before 7 wraps what a replica says to a script; redis-py knows READONLY only at the beginning. Raised, it
#: closes the connection, so that the next one is made to whoever is the master by then.
_SCRIPT_READONLY: Final = "-READONLY You can't write"

#: A command's name and arguments.
Words: TypeAlias = "tuple[str | bytes | int, ...]"
#: What a server answered: its value, or its refusal.
Answer: TypeAlias = Any


def exchange(talks: Sequence[tuple[ConnectionPool, Sequence[Words]]]) -> list[list[Answer]]:
    """Return the answers to each pool's commands, which go over one connection, in their order.

    A server's refusal of a command is an answer (a ResponseError), not an exception. redis-py's own pipelines
    would do for a single server, but those for a cluster put the commands, and so the content of entries,
    into their errors, repeat what may have been done already, and can not keep WAIT on the connection of the
    writes that it is about.

    Raises:
        redis.RedisError: a connection failed (refused, lost, timed out, wrong password, server still
            loading); any of the commands may have been carried out. All connections in use are closed,
            because answers may still be on their way.
    """
    opened: list[tuple[ConnectionPool, Any]] = []
    complete = False
    try:
        for pool, commands in talks:
            connection: Any = pool.get_connection()
            opened.append((pool, connection))
            connection.send_packed_command(connection.pack_commands(commands))
        answers = [
            [_answer(connection) for _ in commands]
            for (_, connection), (_, commands) in zip(opened, talks, strict=True)
        ]
        complete = True
        return answers
    finally:
        for pool, connection in opened:
            if not complete:
                connection.disconnect()
            pool.release(connection)


def first_refusal(answers: Sequence[Answer]) -> ResponseError | None:
    """Return the first command's error that was refused, None where none was."""
    return next((answer for answer in answers if isinstance(answer, ResponseError)), None)


def _answer(connection: Any) -> Answer:
    try:
        return connection.read_response()
    except ResponseError as refusal:
        if _SCRIPT_READONLY in str(refusal):
            raise ReadOnlyError(str(refusal)) from refusal
        return refusal
