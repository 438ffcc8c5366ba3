"""Redis as the broker, in whatever topology: everybody in it is looked at."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing

from qtd.clock import Clock
from qtd.config.redis import Redis as RedisSection
from qtd.doctor.check import Check, fine, wrong
from qtd.doctor.clock_skew import clock_skew
from qtd.doctor.redis_advice import redis_advice
from qtd.doctor.redis_cluster import check_cluster, look_at_cluster
from qtd.doctor.redis_facts import RedisFacts, look_at_redis
from qtd.doctor.redis_memory import check_memory
from qtd.doctor.redis_operations import check_operations
from qtd.doctor.redis_reach import Reach, server_at, the_server
from qtd.doctor.redis_replicas import check_replicas
from qtd.doctor.redis_server import (
    check_eviction,
    check_neighbours,
    check_persistence,
    check_rights_to_look,
    check_version,
)
from qtd.doctor.sentinels import ask_sentinels, check_sentinels, master_of
from qtd.doctor.waiting import RequestSize, check_waiting, request_size, typical_request
from qtd.errors import BrokerUnavailable
from qtd.queue.contract import MOST_QUEUES, QueueState
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from qtd.wire.request_set import Form


def check_redis(section: RedisSection, clock: Clock, *, count: int, form: Form) -> Iterator[Check]:
    """Look at the broker of `count` queues, whose entries are written in this form.

    Servers that are away are errors, the others are looked at.
    """
    reaches = yield from _reaches(section, count=count)
    if not reaches and section.mode != "standalone":
        yield wrong("redis.connection", "nobody names a server to look at", "see above")
        return
    found = yield from _connected(section, reaches, clock)
    if not found:
        return
    yield from check_operations(section, [reach for reach, _ in found], clock)
    states, stored = [], typical_request(form)
    try:
        with closing(RedisQueues(open_servers(section), count=MOST_QUEUES)) as queues:
            states, stored = queues.states(), request_size(queues, form)
    except BrokerUnavailable as error:
        yield wrong("queues.waiting", str(error), redis_advice(error))
    else:
        yield from check_waiting(states, count=count)
    for _, facts in found:
        yield from _settings(section, facts, states, stored)


def _reaches(section: RedisSection, *, count: int) -> Generator[Check, None, list[Reach]]:
    """Look at those who know the servers; return the servers."""
    if section.mode == "sentinel":
        answers = ask_sentinels(section)
        yield from check_sentinels(answers, master_name=section.sentinel.master_name or "")
        master = master_of(answers)
        return [] if master is None else [server_at(section, master.host, master.port)]
    if section.mode == "cluster":
        view = look_at_cluster(section)
        yield from check_cluster(view, queues=count)
        return view.masters
    return [the_server(section)]


def _connected(
    section: RedisSection, reaches: list[Reach], clock: Clock
) -> Generator[Check, None, list[tuple[Reach, RedisFacts]]]:
    """Look whether the servers answer; return those that do."""
    found = []
    for reach in reaches:
        with closing(reach.connect()) as client:
            try:
                facts = look_at_redis(reach.address, client, clock)
            except BrokerUnavailable as error:
                yield wrong("redis.connection", str(error), redis_advice(error), where=reach.address)
                continue
        found.append((reach, facts))
        yield fine("redis.connection", _connection(section, facts), where=reach.address)
    return found


def _connection(section: RedisSection, facts: RedisFacts) -> str:
    way = "by Unix socket" if section.unix_socket else "with TLS" if section.tls.enabled else "without TLS"
    return f"answers within {facts.seconds * 1000:.1f} ms, {way}"


def _settings(
    section: RedisSection, facts: RedisFacts, states: list[QueueState], stored: RequestSize
) -> Iterator[Check]:
    """Look at what one server told of itself."""
    yield from check_rights_to_look(facts)
    yield from check_version(facts, mode=section.mode)
    yield from check_eviction(facts)
    yield from check_persistence(facts, wait_replicas=section.wait_replicas)
    yield from check_memory(facts, request_bytes=stored.bytes, measured=stored.measured)
    yield from check_neighbours(
        facts,
        lists=sum(state.waiting > 0 for state in states),
        locks=sum(state.lock_holder is not None for state in states),
        numbers=len(states) if section.mode == "cluster" else 1,
    )
    yield from check_replicas(facts, mode=section.mode, wait_replicas=section.wait_replicas)
    if facts.ahead is not None:
        ahead, doubt = facts.ahead
        why = "a PHP processor and qtd date requests by their own clocks"
        yield clock_skew("redis", ahead=ahead, doubt=doubt, why=why, where=facts.address)
