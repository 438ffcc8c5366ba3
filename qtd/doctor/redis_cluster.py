"""A Redis Cluster: which of its configured nodes answer, and whether every slot is served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.crc import REDIS_CLUSTER_HASH_SLOTS

from qtd.config.redis import Redis as RedisSection
from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.redis_advice import redis_advice
from qtd.doctor.redis_reach import Reach, server_at
from qtd.errors import BrokerUnavailable
from qtd.queue.redis_errors import translated
from qtd.queue.redis_server import RedisServer
from qtd.queue.redis_servers import Command

_ASK: Final = Command("", ("CLUSTER", "SLOTS"))


@dataclass(kw_only=True, slots=True)
class ClusterView:
    """What the nodes say."""

    #: masters with slots, as the first node that answered knows them
    masters: list[Reach] = field(default_factory=list)
    #: address -> why it does not answer
    away: dict[str, BrokerUnavailable] = field(default_factory=dict)
    answering: list[str] = field(default_factory=list)


def look_at_cluster(section: RedisSection) -> ClusterView:
    """Ask each configured node for the slots."""
    view = ClusterView()
    for address in section.hosts:
        reach = server_at(section, address.host, address.port)
        server = RedisServer(reach.connect())
        try:
            with translated():
                [slots] = server.run([_ASK])
        except BrokerUnavailable as error:
            view.away[reach.address] = error
            continue
        finally:
            server.close()
        view.answering.append(reach.address)
        view.masters = view.masters or _masters(section, slots, address.host)
    return view


def _masters(section: RedisSection, slots: Sequence[Any], asked: str) -> list[Reach]:
    """Take CLUSTER SLOTS apart; a node without a name is the one that was asked."""
    ranges: defaultdict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    for first, last, master, *_ in slots:
        host = master[0].decode() if master[0] else asked
        ranges[host, int(master[1])].append((int(first), int(last)))
    return [server_at(section, host, port, parts) for (host, port), parts in ranges.items()]


def check_cluster(view: ClusterView, *, queues: int) -> Iterator[Check]:
    """Judge what they said."""
    for address, error in view.away.items():
        judge = doubtful if view.answering else wrong
        yield judge("cluster.connection", str(error), redis_advice(error), where=address)
    for address in view.answering:
        yield fine("cluster.connection", "answers", where=address)
    if not view.answering:
        return
    served = sum(last - first + 1 for master in view.masters for first, last in master.slots)
    found = f"{several(len(view.masters), 'shard')}, {served:,} of {REDIS_CLUSTER_HASH_SLOTS:,} slots served"
    if served < REDIS_CLUSTER_HASH_SLOTS:
        yield wrong(
            "cluster.slots",
            f"{found}: queues whose slot is not served take nothing",
            "redis-cli --cluster check HOST:PORT tells what is missing, --cluster fix mends it",
        )
    elif queues < len(view.masters):
        yield doubtful(
            "cluster.slots",
            f"{found}, but queue.count is {queues}: some shards have no queue",
            "use more queues than shards (qtd queues resize)",
        )
    else:
        yield fine("cluster.slots", found)
