"""A check's result: what was found, whether that will do, and what to do where it will not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from qtd.errors import QtdError


class Verdict(StrEnum):
    """How a check ends; anything above `ok` comes with advice."""

    OK = "ok"
    #: it works, but something is lost, slow or unknown that need not be
    WARNING = "warning"
    #: it does not work, or accepted requests are lost
    ERROR = "error"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check; its texts hold no secret."""

    #: `redis.eviction`: what is looked at, dot, what about it; scripts may rely on it
    name: str
    verdict: Verdict
    #: what there is, in one line
    found: str
    #: what to do; empty where all is well
    advice: str = ""
    #: whose address it is about; empty where there is only one
    where: str = ""


def fine(name: str, found: str, *, where: str = "") -> Check:
    """All is well."""
    return Check(name=name, verdict=Verdict.OK, found=found, where=where)


def doubtful(name: str, found: str, advice: str, *, where: str = "") -> Check:
    """It works, but should not stay so."""
    return Check(name=name, verdict=Verdict.WARNING, found=found, advice=advice, where=where)


def wrong(name: str, found: str, advice: str, *, where: str = "") -> Check:
    """It has to be changed."""
    return Check(name=name, verdict=Verdict.ERROR, found=found, advice=advice, where=where)


def guarded(
    name: str, advice: str, checks: Callable[[], Iterable[Check]], *, where: str = ""
) -> Iterator[Check]:
    """Yield what `checks` yields; what stops it becomes an error by `name`, so that others still get their turn."""
    try:
        yield from checks()
    except QtdError as error:
        yield wrong(name, str(error), advice, where=where)


def totals(checks: Iterable[Check]) -> dict[str, int]:
    """Return how many checks ended how, by verdict."""
    counted = Counter(check.verdict for check in checks)
    return {verdict.value: counted[verdict] for verdict in Verdict}
