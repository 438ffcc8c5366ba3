"""Compares what was counted with what is there: requests taken, what became of them, dead letters and rows.

All is read as of one moment, so workers may go on meanwhile. What is compared, by site and minute:

- what was taken from the queues with what became of it;
- what was counted as dead with the dead letters;
- the visits and actions that were counted with the rows of the log tables. Conversions and items are not: later
  requests rewrite them. Rows that others delete or insert are differences, too.

What is lost before a worker reads it, inside the broker, is seen by nobody here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, text

from qtd.db.errors import translated
from qtd.db.sqlite import READ_ONLY_OPTION
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetters
from qtd.store.tally import NO_SITE, Place, Stage

#: A visit's last action may be older than its first, where requests came late: by this much, in seconds.
_LATE: Final = 86400

#: Longest list of sites in one statement.
_SITES: Final = 500


class Check(StrEnum):
    """What is compared."""

    #: taken = recorded + excluded + dead + dropped
    OUTCOME = "outcome"
    #: dead = requests in the dead letters
    DEAD_LETTERS = "dead letters"
    #: visits = rows of log_visit
    VISITS = "visits"
    #: actions = rows of log_link_visit_action
    ACTIONS = "actions"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Difference:
    """Two numbers that should be equal."""

    #: 0: requests that name no site, or one that does not exist
    idsite: int
    #: Unix seconds / 60
    minute: int
    check: Check
    #: by the worker that wrote it
    counted: int
    #: now
    found: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What an audit found."""

    #: what was counted, by site
    sites: Mapping[int, Mapping[Stage, int]]
    #: in the order of sites and minutes
    differences: tuple[Difference, ...]


def audit(
    engine: Engine, prefix: str = "", *, counters: Counters, since: int, others_write: bool = False
) -> Audit:
    """Compare from the minute `since` (Unix seconds / 60) on.

    With `others_write` more rows than were counted are no difference: Matomo itself records into the tables, too.
    Raises what `qtd.db.transaction.reading` names.
    """
    with _one_moment(engine) as connection:
        counts = counters.read(connection, since)
        letters = DeadLetters(engine, prefix).counted(connection, since)
        sites = sorted({idsite for idsite, _ in counts} - {NO_SITE})
        visits = _rows(connection, _VISITS.format(prefix=prefix), sites, since)
        actions = _rows(connection, _ACTIONS.format(prefix=prefix), sites, since)
    differences = []
    for place in counts.keys() | letters.keys() | visits.keys() | actions.keys():
        here = counts.get(place, {})
        outcome = sum(here.get(stage, 0) for stage in _OUTCOMES)
        numbers = {
            Check.OUTCOME: (here.get(Stage.TAKEN, 0), outcome),
            Check.DEAD_LETTERS: (here.get(Stage.DEAD, 0), letters[place]),
            Check.VISITS: (here.get(Stage.VISITS, 0), visits[place]),
            Check.ACTIONS: (here.get(Stage.ACTIONS, 0), actions[place]),
        }
        for check, (counted, found) in numbers.items():
            tolerated = others_write and check in (Check.VISITS, Check.ACTIONS) and found > counted
            if counted != found and not tolerated:
                differences.append(
                    Difference(idsite=place[0], minute=place[1], check=check, counted=counted, found=found)
                )
    return Audit(sites=_by_site(counts), differences=tuple(sorted(differences)))


_OUTCOMES: Final = (Stage.RECORDED, Stage.EXCLUDED, Stage.DEAD, Stage.DROPPED)

#: Index: index_idsite_datetime (idsite, visit_last_action_time); the time of the first action has none.
_VISITS: Final = (
    "SELECT idsite, SUBSTR(CAST(visit_first_action_time AS CHAR(19)), 1, 16) AS minute, COUNT(*)"
    " FROM `{prefix}log_visit` WHERE idsite IN :sites AND visit_last_action_time >= :late"
    " AND visit_first_action_time >= :since GROUP BY idsite, minute"
)

#: Index: index_idsite_servertime (idsite, server_time).
_ACTIONS: Final = (
    "SELECT idsite, SUBSTR(CAST(server_time AS CHAR(19)), 1, 16) AS minute, COUNT(*)"
    " FROM `{prefix}log_link_visit_action` WHERE idsite IN :sites AND server_time >= :since"
    " GROUP BY idsite, minute"
)


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose reads all see the same state of the database."""
    with translated(), engine.connect() as connection:
        connection.execution_options(**{READ_ONLY_OPTION: True})
        if engine.dialect.name == "mysql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _rows(connection: Connection, statement: str, sites: list[int], since: int) -> Counter[Place]:
    query = text(statement).bindparams(bindparam("sites", expanding=True))
    times = {"since": _written(since * 60)}
    if ":late" in statement:
        times["late"] = _written(since * 60 - _LATE)
    found: Counter[Place] = Counter()
    for first in range(0, len(sites), _SITES):
        for idsite, minute, count in connection.execute(
            query, {"sites": sites[first : first + _SITES], **times}
        ):
            moment = datetime.strptime(minute, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
            found[int(idsite), int(moment.timestamp()) // 60] = count
    return found


def _written(seconds: int) -> str:
    """A time as the log tables have it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _by_site(counts: Mapping[Place, Mapping[Stage, int]]) -> dict[int, dict[Stage, int]]:
    sites: dict[int, dict[Stage, int]] = {}
    for (idsite, _), here in sorted(counts.items()):
        totals = sites.setdefault(idsite, dict.fromkeys(Stage, 0))
        for stage, count in here.items():
            totals[stage] += count
    return sites
