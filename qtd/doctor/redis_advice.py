"""What to do about a Redis server that refuses or does not answer."""

from __future__ import annotations

from typing import Final

from redis import exceptions

#: By redis-py's class, the narrowest first.
_BY_KIND: Final[tuple[tuple[type[Exception], str], ...]] = (
    (
        exceptions.NoPermissionError,
        "the account lacks a right: docs/redis.md has the line for ACL SETUSER that it needs",
    ),
    (
        exceptions.AuthenticationError,
        "check redis.username and redis.password or password_file (with Sentinel also those of redis.sentinel)",
    ),
    (
        exceptions.AuthenticationWrongNumberOfArgsError,
        "this server knows no ACL users: leave redis.username out, or update it",
    ),
    (exceptions.BusyLoadingError, "it is still reading its data: wait"),
    (exceptions.OutOfMemoryError, "its memory is full: raise maxmemory, or record faster (more workers)"),
    (
        exceptions.ReadOnlyError,
        "it is a replica: name the master in redis.hosts, or let Sentinels find it (redis.mode: sentinel)",
    ),
    (exceptions.MovedError, "it is a node of a cluster: set redis.mode to cluster"),
    (
        exceptions.TimeoutError,
        "it hangs, or something between drops packets: look at its log and the firewall",
    ),
    (exceptions.ConnectionError, "is it running, and reachable from here under this address, with this TLS?"),
)

#: By the first word of a refusal.
_BY_WORD: Final = (
    ("NOAUTH", "it wants a password: set redis.password_file"),
    ("MISCONF", "it can not write its data to disk: see its log; the disk may be full"),
    ("NOREPLICAS", "it has fewer replicas than its min-replicas-to-write: bring them back"),
    ("CLUSTERDOWN", "slots of the cluster are not served: redis-cli --cluster check HOST:PORT tells which"),
    ("unknown command", "this is no Redis server with lists; a Sentinel, maybe (redis.mode)"),
)

_OTHERWISE: Final = "see the server's log"


def redis_advice(error: BaseException) -> str:
    """Return what to do about an error of Redis, or one of ours that it caused."""
    cause = error.__cause__ or error
    for word, advice in _BY_WORD:
        if word in str(cause):
            return advice
    for kind, advice in _BY_KIND:
        if isinstance(cause, kind):
            return advice
    if "redis.wait_replicas" in str(error):
        return "bring the replicas back, or lower redis.wait_replicas"
    return _OTHERWISE
