"""Which Sentinel is believed, and what is said when none is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from redis import exceptions
from redis.sentinel import MasterNotFoundError

from qtd.config.redis import Redis
from qtd.queue.sentinel import connect

UP = {"is_master": True, "is_sdown": False, "is_odown": False, "num-other-sentinels": 2}


def sentinels_that_say(*answers: dict[str, Any] | Exception) -> Any:
    """Open three Sentinels, a to c, that give these answers when asked for their masters."""
    section = Redis.model_validate(
        {
            "mode": "sentinel",
            "hosts": [f"{name}:26379" for name in "abc"[: len(answers)]],
            "sentinel": {"master_name": "m", "password": "secret"},
        }
    )
    pool: Any = connect(section).connection_pool
    manager = pool.sentinel_manager
    manager.sentinels = [
        SimpleNamespace(
            connection_pool=sentinel.connection_pool, sentinel_masters=lambda said=said: said_by(said)
        )
        for sentinel, said in zip(manager.sentinels, answers, strict=True)
    ]
    return manager


def said_by(answer: dict[str, Any] | Exception) -> dict[str, Any]:
    """Give the answer, raise the error."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def order(manager: Any) -> list[str]:
    """Return the Sentinels' hosts in the order in which they will be asked."""
    return [sentinel.connection_pool.connection_kwargs["host"] for sentinel in manager.sentinels]


def test_the_first_that_believes_it_up_is_believed_and_asked_first_from_then_on() -> None:
    """The others keep their order, and none is forgotten."""
    down = {"m": UP | {"is_odown": True, "ip": "old", "port": 1}}
    manager = sentinels_that_say(
        exceptions.ConnectionError("gone"), down, {"m": UP | {"ip": "new", "port": 2}}
    )
    assert manager.discover_master("m") == ("new", 2)
    assert order(manager) == ["c", "a", "b"]


def test_every_reason_is_given_when_there_is_none() -> None:
    """Unreachable, not allowed, unknown, down: each Sentinel's own, and no password."""
    manager = sentinels_that_say(
        exceptions.NoPermissionError("no permissions to run 'sentinel|masters'"),
        {"other": UP},
        {"m": UP | {"is_sdown": True}},
    )
    with pytest.raises(MasterNotFoundError) as raised:
        manager.discover_master("m")
    assert str(raised.value) == (
        "no Sentinel names the master 'm': a:26379: no permissions to run 'sentinel|masters'; "
        "b:26379 knows no such master; c:26379 believes it to be down"
    )
