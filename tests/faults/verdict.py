"""Whether a round kept what docs/guarantees.md promises: each accepted request once, in order, as if undisturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qtd.parity.compare import compare
from tests.faults.crowd import Answered, Told
from tests.faults.rows import VISITORS_TABLES, Tables, actions_of, conversions_of

#: Differences that are shown of each visitor.
_SHOWN = 5

NOTHING: Tables = {name: [] for name in VISITORS_TABLES}


@dataclass(kw_only=True, slots=True)
class Verdict:
    """What was found."""

    #: requests answered with success
    accepted: int = 0
    #: of those, nowhere in the database
    lost: int = 0
    #: requests, accepted or not, that are there more than once
    duplicated: int = 0
    #: accepted requests whose visitor's next one was recorded before
    out_of_order: int = 0
    #: whatever else is not as it should be, for people
    wrong: list[str] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether all promises were."""
        return not (self.lost or self.duplicated or self.out_of_order or self.wrong)

    def add(self, other: Verdict) -> None:
        """Count another round."""
        self.accepted += other.accepted
        self.lost += other.lost
        self.duplicated += other.duplicated
        self.out_of_order += other.out_of_order
        self.wrong += other.wrong

    def summary(self) -> str:
        """`accepted N, lost 0, duplicated 0, out of order 0`."""
        return (
            f"accepted {self.accepted}, lost {self.lost}, duplicated {self.duplicated},"
            f" out of order {self.out_of_order}"
        )


def judge(answered: Sequence[Answered], found: Mapping[str, Tables]) -> Verdict:
    """Count what became of the requests; `found` are the rows of each visitor."""
    verdict = Verdict(accepted=sum(one.told is Told.ACCEPTED for one in answered))
    asked: dict[str, list[Answered]] = {}
    for one in answered:
        asked.setdefault(one.request.visitor, []).append(one)
    for visitor in found.keys() - asked.keys():
        verdict.wrong.append(f"rows of a visitor of no request in this round: {visitor}")
    for visitor, requests in asked.items():
        _judge_one(verdict, requests, found.get(visitor, NOTHING))
    return verdict


def _judge_one(verdict: Verdict, requests: Sequence[Answered], rows: Tables) -> None:
    actions, conversions = actions_of(rows), conversions_of(rows)
    times = {False: Counter(actions), True: Counter(conversions)}
    accepted = set()
    for one in requests:
        request = one.request
        here, elsewhere = times[request.converts], times[not request.converts]
        if here[request.number] > 1:
            verdict.duplicated += 1
            verdict.wrong.append(f"{_name(one)}: recorded {here[request.number]} times")
        if elsewhere[request.number]:
            verdict.wrong.append(f"{_name(one)}: there is a row in the wrong table")
        if one.told is not Told.ACCEPTED:
            continue
        accepted.add(request.number)
        if not here[request.number]:
            verdict.lost += 1
            verdict.wrong.append(f"{_name(one)}: not recorded")
    unknown = (set(actions) | set(conversions)) - {one.request.number for one in requests}
    if unknown:
        verdict.wrong.append(f"{requests[0].request.visitor}: rows of requests never sent: {sorted(unknown)}")
    in_order = [number for number in dict.fromkeys(actions) if number in accepted]
    for first, second in pairwise(in_order):
        if first > second:
            verdict.out_of_order += 1
            verdict.wrong.append(f"{requests[0].request.visitor}: {second} was recorded after {first}")


def recorded(answered: Sequence[Answered], found: Mapping[str, Tables]) -> list[Answered]:
    """Those of the requests that are in the database, as an undisturbed run is to be given them: in order."""
    there = {visitor: ({*actions_of(rows)}, {*conversions_of(rows)}) for visitor, rows in found.items()}
    return [
        one
        for one in answered
        if one.request.number in there.get(one.request.visitor, (set(), set()))[one.request.converts]
    ]


def differences(expected: Mapping[str, Tables], found: Mapping[str, Tables]) -> Iterator[str]:
    """Where the rows of the two runs differ, by visitor."""
    for visitor in sorted(expected.keys() | found.keys()):
        compared = compare(expected.get(visitor, NOTHING), found.get(visitor, NOTHING))
        for one in compared.differences[:_SHOWN]:
            where = f"{one.table}[{one.row}].{one.column}".rstrip(".")
            yield f"{visitor}: {where}: undisturbed {one.expected!r:.120}, here {one.got!r:.120}"
        if len(compared.differences) > _SHOWN:
            yield f"{visitor}: … and {len(compared.differences) - _SHOWN} more differences"


def buried(letters: Sequence[bytes], garbage: Mapping[bytes, bool]) -> Iterator[str]:
    """Whether dead letters are garbage and nothing else, each once, and all of it that was certainly in a queue."""
    times = Counter(letters)
    if more := [letter for letter in times if letter not in garbage]:
        yield f"{len(more)} dead letters are none of the garbage: {more[0]!r:.120}"
    if twice := [letter for letter, count in times.items() if count > 1]:
        yield f"{len(twice)} pieces of garbage are dead letters more than once"
    if lost := [entry for entry, certain in garbage.items() if certain and entry not in times]:
        yield f"{len(lost)} of {len(garbage)} pieces of garbage are no dead letters"


def _name(one: Answered) -> str:
    return f"{one.request.visitor} request {one.request.number} ({one.told})"
