"""The number of queues where nobody has said one yet: that by which the entries lie that wait already.

The plugin may have queued them, by a number of its own. Going by another one, a visitor's new requests could
overtake his waiting ones; so the waiting ones decide, and whoever records changes the number then, in order.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from qtd.queue.contract import MOST_QUEUES, Numbering
from qtd.queue.partitioner import queue_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qtd.queue.contract import Queues

#: Entries of each queue that are looked at. Of a hundred visitors not even two queues for one would all be right.
_LOOKED_AT: Final = 100


def adopt(queues: Queues, *, wanted: int, keys: Callable[[bytes], Iterable[str]]) -> Numbering:
    """Put a number into force where there is none; return what is in force then.

    It is `wanted` if the waiting entries lie by it, else the least by which they do. If they lie by none, because
    several numbers were used, it is `wanted`; with entries beyond, a change to the same number is announced,
    which sorts them. `keys` gives an entry's visitors (`qtd.queue.routing.Router.keys`).

    Raises:
        BrokerUnavailable: the broker does not answer.
    """
    known = queues.numbering()
    if known is not None:
        # On a cluster some of its servers may not know it, because whoever told them was interrupted.
        return queues.with_count(known.count).adopt(known) if known.count else known
    used = queues.used()
    if not used:
        return queues.with_count(wanted).adopt(Numbering(count=wanted))
    everything = queues.with_count(used[-1] + 1)
    lying = {
        (key, queue)
        for queue in used
        for stored in everything.read(queue, _LOOKED_AT)
        for key in keys(stored)
    }
    for count in chain([wanted], range(used[-1] + 1, MOST_QUEUES + 1)):
        if used[-1] < count and all(queue_of(key, count) == queue for key, queue in lying):
            return queues.with_count(count).adopt(Numbering(count=count))
    beyond = used[-1] >= wanted
    most = used[-1] + 1 if beyond else wanted
    return queues.with_count(most).adopt(Numbering(count=wanted, target=wanted if beyond else None))
