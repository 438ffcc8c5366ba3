"""What `qtd bench process` found out, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qtd.cli.bench.rounds import Spread


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast a worker was, over the rounds."""

    #: entries per second
    rate: Spread
    #: microseconds of processor time that the worker took for each; the database's own is not in it where that is a
    #: server
    processor: Spread


@dataclass(frozen=True, kw_only=True, slots=True)
class GarbagePace:
    """How fast it was with entries among them that nobody can decode."""

    #: of all entries
    percent: float
    pace: Pace
    #: entries per second, as a share of those of the same round's clean traffic
    share: Spread


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What came out."""

    #: page views of each round
    requests: int
    pace: Pace
    #: null: not asked for
    with_garbage: GarbagePace | None
    #: microseconds for each request, by stage; `other` is what is left (queue, ledger, settings)
    stages: dict[str, float]
    #: statements for each batch, by their first word
    statements: dict[str, float]

    def lines(self) -> Iterator[str]:
        """For people."""
        yield _line(self.pace, "hits/s")
        if (garbage := self.with_garbage) is not None:
            yield f"with {garbage.percent:g} % garbage: {_line(garbage.pace, 'entries/s')};"
            yield f"  {garbage.share.text(2)} of the clean rate"
        yield "microseconds each, in one round more:"
        for stage, microseconds in self.stages.items():
            yield f"  {stage:8}{microseconds:8.1f}"
        statements = ", ".join(f"{count:.1f} {kind}" for kind, count in self.statements.items())
        yield f"statements a batch: {statements}"

    def as_dict(self) -> dict[str, Any]:
        """For scripts."""
        values = {
            "requests": self.requests,
            "hits_per_second": self.pace.rate.as_dict(),
            "processor_microseconds": self.pace.processor.as_dict(),
            "microseconds": {stage: round(value, 1) for stage, value in self.stages.items()},
            "statements_per_batch": {kind: round(count, 2) for kind, count in self.statements.items()},
        }
        if (garbage := self.with_garbage) is not None:
            values["garbage"] = {
                "percent": garbage.percent,
                "entries_per_second": garbage.pace.rate.as_dict(),
                "processor_microseconds": garbage.pace.processor.as_dict(),
                "share_of_clean": garbage.share.as_dict(3),
            }
        return values


def _line(pace: Pace, unit: str) -> str:
    return f"{pace.rate.text()} {unit}, {pace.processor.text()} microseconds of processor time each"
