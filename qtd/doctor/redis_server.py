"""What one Redis server is and how it is set: version, eviction, durability, neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.redis_facts import RedisFacts

_LEAST: Final = (6, 2)

#: Keys that are not ours: from so many that expire a cache shares the server, from so many in all something else.
_CACHE: Final = 10
_OTHERS: Final = 1000

_PERSISTENT: Final = "CONFIG SET appendonly yes, and appendonly yes in redis.conf; see docs/redis.md"


def check_rights_to_look(facts: RedisFacts) -> Iterator[Check]:
    """Say what our account may not ask; that hinders nothing but this look."""
    missing = []
    if facts.info is None:
        missing.append("INFO (version, eviction, persistence, memory, other keys, replicas)")
    if facts.settings is None:
        missing.append("CONFIG GET (appendfsync)")
    if facts.ahead is None:
        missing.append("TIME (its clock)")
    if missing:
        yield doubtful(
            "redis.rights",
            f"this account may not ask for {', '.join(missing)}, so that was not looked at",
            "allow +info +config|get +time, or look yourself: redis-cli INFO, redis-cli CONFIG GET '*'",
            where=facts.address,
        )


def check_version(facts: RedisFacts, *, mode: str) -> Iterator[Check]:
    """At least Redis 6.2, and what `redis.mode` takes it for; Valkey began later than that."""
    info = facts.info
    if info is None:
        return
    product, version = _product(info)
    if real := _other_mode(info, mode):
        yield wrong(
            "redis.mode",
            f"redis.mode is {mode}, but this is a {real}",
            f"set redis.mode to {'sentinel' if real == 'Sentinel' else real.split()[0]}, or name another server",
            where=facts.address,
        )
        return
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if product == "Redis" and numbers < _LEAST:
        yield wrong(
            "redis.version",
            f"Redis {version}",
            "Redis 6.2 or newer, or Valkey, is needed",
            where=facts.address,
        )
    else:
        yield fine("redis.version", f"{product} {version}", where=facts.address)


def _product(info: Mapping[str, Any]) -> tuple[str, str]:
    if "valkey_version" in info:
        return "Valkey", str(info["valkey_version"])
    return "Redis", str(info.get("redis_version", "0"))


def _other_mode(info: Mapping[str, Any], mode: str) -> str:
    """Return what the server is where it is not what the configuration says; empty where it is."""
    real = str(info.get("redis_mode") or info.get("server_mode") or "standalone")
    if real == "sentinel":
        return "Sentinel"
    if (real == "cluster") != (mode == "cluster"):
        return "cluster node" if real == "cluster" else "standalone server"
    return ""


def check_eviction(facts: RedisFacts) -> Iterator[Check]:
    """Nothing may be evicted: a queue's list would go as a whole."""
    if facts.info is None or (policy := facts.info.get("maxmemory_policy")) is None:
        return
    if policy == "noeviction":
        yield fine("redis.eviction", "maxmemory-policy is noeviction", where=facts.address)
        return
    yield wrong(
        "redis.eviction",
        f"maxmemory-policy is {policy}: when memory is full, queues or their locks are thrown away",
        "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf",
        where=facts.address,
    )


def check_persistence(facts: RedisFacts, *, wait_replicas: int) -> Iterator[Check]:
    """The append-only file has to be on and well: an accepted request is nowhere else."""
    info = facts.info
    if info is None or "aof_enabled" not in info:
        return
    if not info["aof_enabled"]:
        if wait_replicas:
            yield doubtful(
                "redis.persistence",
                "appendonly is no: what waits is kept by the replicas alone, and lost when all end at once",
                _PERSISTENT,
                where=facts.address,
            )
        else:
            yield wrong(
                "redis.persistence",
                "appendonly is no: what waits is lost when the server ends",
                _PERSISTENT,
                where=facts.address,
            )
        return
    if info.get("aof_last_write_status", "ok") != "ok":
        yield wrong(
            "redis.persistence",
            "the last write to the append-only file failed",
            "see the server's log; its disk may be full",
            where=facts.address,
        )
        return
    fsync = (facts.settings or {}).get("appendfsync")
    survives = {
        "always": "accepted requests survive a power cut",
        "everysec": "accepted requests survive the end of the process; a power cut costs up to a second",
    }
    if fsync == "no":
        yield doubtful(
            "redis.persistence",
            "appendonly is yes, but appendfsync is no: a power cut costs up to half a minute of accepted requests",
            "CONFIG SET appendfsync everysec (or always), and the same in redis.conf",
            where=facts.address,
        )
    else:
        told = f"appendfsync {fsync}: {survives.get(fsync, '')}" if fsync else "appendfsync is not known"
        yield fine("redis.persistence", f"appendonly is yes, {told}".rstrip(" :"), where=facts.address)


def check_neighbours(facts: RedisFacts, *, lists: int, locks: int, numbers: int) -> Iterator[Check]:
    """Keys that are not ours, in any database: they share memory, eviction policy, and FLUSHALL.

    Ours are so many `lists` and `locks`, and up to `numbers` that say how many queues there are.
    """
    if facts.info is None:
        return
    spaces = [space for name, space in facts.info.items() if re.fullmatch(r"db\d+", name)]
    keys = max(sum(int(space["keys"]) for space in spaces) - lists - locks, 0)
    expiring = max(sum(int(space["expires"]) for space in spaces) - locks, 0)
    keys = keys if expiring or keys > numbers else 0
    found = f"{several(keys, 'key')} of others, {expiring:,} of them with an expiry"
    if expiring < _CACHE and keys < _OTHERS:
        yield fine("redis.neighbours", found if keys else "no keys but ours", where=facts.address)
        return
    yield doubtful(
        "redis.neighbours",
        f"{found}: {'a cache' if expiring >= _CACHE else 'something else'} shares this server",
        "give the queues a server of their own: a cache wants to be evicted and emptied, and takes their memory",
        where=facts.address,
    )
