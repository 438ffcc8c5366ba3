from __future__ import annotations

import pytest
from redis import exceptions

from qtd.errors import BrokerUnavailable
from qtd.queue.redis_errors import translated


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectionError("Connection refused."),
        exceptions.TimeoutError("Timeout reading from socket"),
        exceptions.BusyLoadingError("LOADING"),
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        exceptions.AuthenticationError("WRONGPASS invalid username-password pair"),
        exceptions.NoPermissionError("this user has no permissions"),
        exceptions.ClusterDownError("CLUSTERDOWN The cluster is down"),
        exceptions.SlotNotCoveredError("Slot 5 not covered by the cluster."),
        exceptions.RedisClusterException("Redis Cluster cannot be connected."),
        exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_server_refuses_the_broker_is_not_available(error: Exception) -> None:
    """The catcher has one thing to decide, the reader of the log still gets the server's own reason."""
    with pytest.raises(BrokerUnavailable) as raised, translated():
        raise error
    assert str(error) in str(raised.value)
    assert raised.value.__cause__ is error


def test_our_own_mistakes_are_no_outage() -> None:
    """An argument that redis-py can not send is a bug, and retrying would hide it."""
    with pytest.raises(exceptions.DataError), translated():
        raise exceptions.DataError("Invalid input of type: 'NoneType'")
