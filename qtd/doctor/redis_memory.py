"""How many more requests a Redis server has memory for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from qtd.doctor.amounts import about, size
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.redis_facts import RedisFacts

#: What a list takes for an entry, by its own bytes: 1.03 to 1.15, measured with entries of 50 to 9,000 bytes.
LIST_OVERHEAD: Final = 1.1

#: More requests that have to fit: at 100 a second those are 17 minutes of waiting, or 100 seconds.
_FEW: Final = 100_000
_NONE: Final = 10_000

_ADVICE: Final = (
    "raise maxmemory, or record faster (more workers): a full Redis refuses, and then the spool fills"
)


def check_memory(facts: RedisFacts, *, request_bytes: float, measured: bool) -> Iterator[Check]:
    """Judge what is left; `request_bytes` is the size of a stored request, `measured` on those that wait."""
    info = facts.info
    if info is None or "used_memory" not in info:
        return
    used, most = int(info["used_memory"]), int(info.get("maxmemory", 0))
    machine = int(info.get("total_system_memory", 0))
    each = request_bytes * LIST_OVERHEAD
    origin = "measured on what waits" if measured else "a page view of ours, since nothing waits"
    limit = most or machine
    fitting = max(limit - used, 0) / each
    room = f"about {about(fitting)} more requests fit ({size(each)} each, {origin})"
    if not most:
        yield doubtful(
            "redis.memory",
            f"no maxmemory, {size(used)} used"
            + (f" of the machine's {size(machine)}: {room}, if nothing else wants it" if machine else ""),
            "CONFIG SET maxmemory, and the same in redis.conf, below what the machine has for it: a full Redis"
            " refuses, and the spool takes over; a machine without memory kills it",
            where=facts.address,
        )
        return
    found = f"{size(used)} of {size(most)} used: {room}"
    if fitting < _NONE:
        yield wrong("redis.memory", found, _ADVICE, where=facts.address)
    elif fitting < _FEW:
        yield doubtful("redis.memory", found, _ADVICE, where=facts.address)
    else:
        yield fine("redis.memory", found, where=facts.address)
