"""The Sentinels: whether they answer, name the same master, and could agree on another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from redis import Redis, RedisError

from qtd.config.redis import Redis as RedisSection
from qtd.config.values import Address
from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.redis_advice import redis_advice
from qtd.queue.redis_connection import account, common, once

#: What a Sentinel says of the master, or why it says nothing.
Answer = Mapping[str, Any] | RedisError | None

#: Fewer can not outvote one that is wrong, or gone.
_ENOUGH: Final = 3


def ask_sentinels(section: RedisSection) -> dict[str, Answer]:
    """Return each Sentinel's answer by its address; None: it knows no such master."""
    return {str(address): _ask(section, address) for address in section.hosts}


def _ask(section: RedisSection, address: Address) -> Answer:
    sentinel = section.sentinel
    client = Redis(
        host=address.host,
        port=address.port,
        retry=once(),
        **common(section),
        **account(sentinel.username, sentinel.password),
    )
    try:
        masters: Any = client.sentinel_masters()
    except RedisError as error:
        return error
    finally:
        client.close()
    found: Mapping[str, Any] | None = masters.get(sentinel.master_name)
    return found


def master_of(answers: Mapping[str, Answer]) -> Address | None:
    """Return the address that a client would be sent to; None: nobody names one that is up."""
    for state in _states(answers):
        if not (state["is_odown"] or state["is_sdown"]):
            return Address(state["ip"], int(state["port"]))
    return None


def check_sentinels(answers: Mapping[str, Answer], *, master_name: str) -> Iterator[Check]:
    """Judge what they said."""
    away = 0
    for address, answer in answers.items():
        if isinstance(answer, RedisError):
            away += 1
            judge = wrong if not _states(answers) else doubtful
            yield judge("sentinel.connection", f"{answer}", redis_advice(answer), where=address)
        elif answer is None:
            yield wrong(
                "sentinel.connection",
                f"it watches no master by the name {master_name}",
                "check redis.sentinel.master_name, or let it watch: SENTINEL MONITOR",
                where=address,
            )
        else:
            yield fine("sentinel.connection", "answers", where=address)
    if _states(answers):
        yield _agreed(answers)
        yield _quorum(_states(answers), away)


def _agreed(answers: Mapping[str, Answer]) -> Check:
    named = {str(Address(state["ip"], int(state["port"]))) for state in _states(answers)}
    if len(named) > 1:
        return wrong(
            "sentinel.master",
            f"they disagree: {', '.join(sorted(named))}",
            "wait for the end of a failover; if it stays so, SENTINEL RESET on those who are wrong",
        )
    down = sum(bool(state["is_sdown"] or state["is_odown"]) for state in _states(answers))
    if down:
        return wrong(
            "sentinel.master",
            f"{named.pop()}, which {several(down, 'Sentinel believes', 'Sentinels believe')} to be down",
            "bring it back, or see in the Sentinels' logs why no replica took over",
        )
    return fine("sentinel.master", f"all name {named.pop()}")


def _quorum(states: list[Mapping[str, Any]], away: int) -> Check:
    """A majority of all has to be there to authorise a failover, and the quorum to believe it is needed."""
    everybody = max(int(state["num-other-sentinels"]) for state in states) + 1
    everybody = max(everybody, len(states) + away)
    quorum = max(int(state["quorum"]) for state in states)
    needed = max(quorum, everybody // 2 + 1)
    found = f"{several(everybody, 'Sentinel')}, quorum {quorum}"
    seconds = max(int(state["down-after-milliseconds"]) for state in states) / 1000
    if everybody - away < needed:
        return wrong(
            "sentinel.quorum",
            f"{found}, {everybody - away} of them there: {needed} are needed for a failover",
            "bring the others back",
        )
    if everybody < _ENOUGH:
        return doubtful(
            "sentinel.quorum",
            f"{found}: with {_ENOUGH - 1} or fewer, the loss of one leaves nobody to agree on a failover",
            f"run at least {_ENOUGH}, on machines of their own",
        )
    return fine("sentinel.quorum", f"{found}; a failover begins {seconds:g} s after the master is gone")


def _states(answers: Mapping[str, Answer]) -> list[Mapping[str, Any]]:
    return [answer for answer in answers.values() if isinstance(answer, Mapping)]
