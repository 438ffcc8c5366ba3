"""A round trip with several servers keeps every connection in step, or closes it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from redis import ConnectionPool, exceptions

from qtd.queue.redis_exchange import exchange, first_refusal


class FakePool:
    """A pool of one connection, which is the pool itself; answers are given, an OSError-like one is raised."""

    def __init__(self, *answers: Any, log: list[str], name: str) -> None:
        self._answers = list(answers)
        self._log = log
        self._name = name

    def get_connection(self) -> FakePool:
        """Take it."""
        return self

    def pack_commands(self, commands: Any) -> Any:
        """Leave them as they are."""
        return commands

    def send_packed_command(self, commands: Any) -> None:
        """Note it."""
        self._log.append(f"{self._name} sent {len(commands)}")

    def read_response(self) -> Any:
        """Give the next answer."""
        self._log.append(f"{self._name} read")
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def disconnect(self) -> None:
        """Note it."""
        self._log.append(f"{self._name} closed")

    def release(self, connection: FakePool) -> None:
        """Note it."""
        assert connection is self
        self._log.append(f"{self._name} released")


def talk(*pools: FakePool, commands: int = 2) -> list[list[Any]]:
    """Exchange the same number of commands with each."""
    return exchange([(cast("ConnectionPool", pool), [("PING",)] * commands) for pool in pools])


def test_all_is_sent_before_anything_is_read() -> None:
    """Several servers work at the same time."""
    log: list[str] = []
    answers = talk(FakePool(1, 2, log=log, name="a"), FakePool(3, 4, log=log, name="b"))
    assert answers == [[1, 2], [3, 4]]
    assert log[:2] == ["a sent 2", "b sent 2"]
    assert log[-2:] == ["a released", "b released"]


def test_a_refusal_is_an_answer_like_others() -> None:
    """What comes behind it is still read, or it would be taken for the next call's."""
    log: list[str] = []
    refusal = exceptions.ResponseError("OOM")
    answers = talk(FakePool(refusal, 2, log=log, name="a"))
    assert answers == [[refusal, 2]]
    assert first_refusal(answers[0]) is refusal
    assert first_refusal([1, None]) is None
    assert "a closed" not in log


def test_a_lost_connection_closes_all_of_them() -> None:
    """Answers of the others may be on their way still; nobody must take them for his own."""
    log: list[str] = []
    lost = FakePool(1, exceptions.ConnectionError("lost"), log=log, name="a")
    with pytest.raises(exceptions.ConnectionError, match="lost"):
        talk(lost, FakePool(3, 4, log=log, name="b"))
    assert log[-4:] == ["a closed", "a released", "b closed", "b released"]


def test_a_replica_that_refuses_a_script_is_left() -> None:
    """As Redis 6.2 says it, READONLY stands in the middle; the connection is closed as for any other command."""
    log: list[str] = []
    said = "Error running script (call to f_1): @user_script:9: -READONLY You can't write against a read only replica."
    with pytest.raises(exceptions.ReadOnlyError):
        talk(FakePool(exceptions.ResponseError(said), 2, log=log, name="a"))
    assert log[-2:] == ["a closed", "a released"]
