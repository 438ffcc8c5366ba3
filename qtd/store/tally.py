"""Counts what a batch takes from a queue, what becomes of it, and the rows it makes: by site and minute.

What is taken is counted from the entries, before the engine sees them; what becomes of it, from the engine's plan. So
the two are equal only if no request was lost between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from qtd.engine.batch import DROPPED
from qtd.engine.hit import Hit
from qtd.engine.params import Params
from qtd.engine.plan import RECORDED, Plan
from qtd.store.entry import Entry
from qtd.wire.php_array import Param

#: Site of what names none, or one that does not exist: whoever sends numbers at random makes no rows of counters.
NO_SITE: Final = 0

#: A time further from the present than this (days back, days ahead) is not believed; the present's minute counts.
_BACK: Final = 366 * 1440
_AHEAD: Final = 2 * 1440

#: (idsite, Unix minute)
Place: TypeAlias = tuple[int, int]


class Stage(StrEnum):
    """What is counted; the first five by the minute in which a request was accepted, rows by their own time."""

    #: requests taken from a queue for the first time
    TAKEN = "taken"
    #: requests whose rows are in the database
    RECORDED = "recorded"
    #: requests that a rule keeps out
    EXCLUDED = "excluded"
    #: requests in the dead letters
    DEAD = "dead"
    #: requests in dead letters that were dropped
    DROPPED = "dropped"
    #: new rows of log_visit
    VISITS = "visits"
    #: new rows of log_link_visit_action
    ACTIONS = "actions"


class Tally:
    """One batch's counts."""

    def __init__(self, sites: Container[int], *, now: float) -> None:
        """`sites` are those that exist; `now` in Unix seconds."""
        self._sites = sites
        self._now = int(now) // 60
        #: values of `idsite` seen -> site
        self._named: dict[str, int] = {}
        self.stages: dict[Stage, Counter[Place]] = {stage: Counter() for stage in Stage}
        #: rule -> requests it kept out
        self.rules: Counter[str] = Counter()

    def total(self, stage: Stage) -> int:
        """All sites and minutes together."""
        return self.stages[stage].total()

    def take(self, entries: Iterable[Entry]) -> None:
        """Count what is in the entries."""
        taken = self.stages[Stage.TAKEN]
        for entry in entries:
            self._add(taken, entry)

    def bury(self, entry: Entry) -> None:
        """Count an entry that goes to the dead letters."""
        self._add(self.stages[Stage.DEAD], entry)

    def record(self, entry: Entry) -> None:
        """Count an entry whose requests are recorded by somebody else, so that no plan tells of them."""
        self._add(self.stages[Stage.RECORDED], entry)

    def exclude(self, entry: Entry, rule: str) -> None:
        """Count an entry whose requests a rule keeps out before there is a plan."""
        self._add(self.stages[Stage.EXCLUDED], entry)
        self.rules[rule] += entry.requests

    def places(self, entry: Entry) -> Counter[Place]:
        """Where the requests of an entry belong."""
        places: Counter[Place] = Counter()
        self._add(places, entry)
        return places

    def _add(self, counts: Counter[Place], entry: Entry) -> None:
        request_set = entry.request_set
        if request_set is None:
            counts[NO_SITE, self._now] += 1
            return
        minute = self._minute(request_set.time)
        for raw in request_set.requests:
            counts[self._site(raw.get("idsite")), minute] += 1

    def plan(self, plan: Plan, entries: Sequence[Entry], hits: Sequence[Hit]) -> None:
        """Count what becomes of decodable entries, of which `hits` were read, and the rows."""
        recorded, excluded = self.stages[Stage.RECORDED], self.stages[Stage.EXCLUDED]
        for (site, seconds, outcome), requests in plan.outcomes.items():
            place = (site if site in self._sites else NO_SITE, self._minute(seconds))
            if outcome == RECORDED:
                recorded[place] += requests
            else:
                excluded[place] += requests
                self.rules[outcome] += requests
        if len(hits) < sum(entry.requests for entry in entries):
            self._unread(entries, hits)
        visits, actions = self.stages[Stage.VISITS], self.stages[Stage.ACTIONS]
        for visit in plan.new_visits:
            visits[visit.row["idsite"], visit.row["visit_first_action_time"] // 60] += 1
        for action in plan.link_actions:
            actions[action.row["idsite"], action.row["server_time"] // 60] += 1

    def _unread(self, entries: Sequence[Entry], hits: Sequence[Hit]) -> None:
        """Count what comes after an invalid request of its set: it is not even read."""
        read = Counter(hit.set_number for hit in hits)
        for number, entry in enumerate(entries):
            if entry.request_set is None or read[number] == entry.requests:
                continue
            minute = self._minute(entry.request_set.time)
            for raw in entry.request_set.requests[read[number] :]:
                self.stages[Stage.EXCLUDED][self._site(raw.get("idsite")), minute] += 1
                self.rules[DROPPED] += 1

    def _minute(self, seconds: float) -> int:
        if (self._now - _BACK) * 60 <= seconds < (self._now + _AHEAD) * 60:
            return int(seconds) // 60
        return self._now

    def _site(self, value: Param) -> int:
        if type(value) is not str:
            return self._existing(value)
        site = self._named.get(value)
        if site is None:
            site = self._named[value] = self._existing(value)
        return site

    def _existing(self, value: Param) -> int:
        idsite = Params({"idsite": value}).integer("idsite")
        return idsite if idsite in self._sites else NO_SITE
