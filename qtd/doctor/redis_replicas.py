"""Who takes over when a Redis server ends, and whether he has everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from qtd.doctor.amounts import several, size
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.redis_facts import RedisFacts

#: Seconds since a replica was heard of; they report each second.
_LATE: Final = 10


def check_replicas(facts: RedisFacts, *, mode: str, wait_replicas: int) -> Iterator[Check]:
    """Judge the replicas of a master; of a server that is no master say so."""
    info = facts.info
    if info is None or "role" not in info:
        return
    if info["role"] != "master":
        yield wrong(
            "redis.replicas",
            f"this server is a replica of {info.get('master_host')}:{info.get('master_port')}: it takes no writes",
            "name the master in redis.hosts, or let Sentinels find it (redis.mode: sentinel)",
            where=facts.address,
        )
        return
    known = [info[f"slave{number}"] for number in range(int(info.get("connected_slaves", 0)))]
    replicas = [replica for replica in known if replica["state"] == "online"]
    found = _found(info, known, replicas)
    if len(replicas) < wait_replicas:
        yield wrong(
            "redis.replicas",
            f"{found}, but redis.wait_replicas is {wait_replicas}: no request counts as accepted",
            "bring the replicas back, or lower redis.wait_replicas",
            where=facts.address,
        )
    elif late := [replica for replica in replicas if int(replica.get("lag", 0)) > _LATE]:
        yield doubtful(
            "redis.replicas",
            f"{found}; {len(late)} not heard of for more than {_LATE} s",
            "look at the replicas and the network between: what they have not got is lost in a failover",
            where=facts.address,
        )
    elif not replicas and mode != "standalone":
        yield doubtful(
            "redis.replicas", found, "add a replica: without one nobody can take over", where=facts.address
        )
    else:
        yield fine("redis.replicas", found, where=facts.address)


def _found(info: Mapping[str, Any], known: list[Mapping[str, Any]], replicas: list[Mapping[str, Any]]) -> str:
    if not known:
        return "no replica"
    offset = int(info.get("master_repl_offset", 0))
    behind = max((offset - int(replica.get("offset", 0)) for replica in replicas), default=0)
    others = len(known) - len(replicas)
    return (
        f"{several(len(replicas), 'replica')} online"
        + (f", at most {size(max(behind, 0))} behind" if replicas else "")
        + (f", {others} not yet" if others else "")
    )
