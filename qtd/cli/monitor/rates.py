"""How fast queues are filled and emptied, from looks at different moments."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qtd.cli.monitor.look import Look

#: Rates are means over this long, in seconds, or over two looks where those lie farther apart. A batch is counted
#: and taken off its queue at two moments; over some seconds that hardly shows.
SPAN_SECONDS: Final = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Entries a second of one queue, or of all."""

    into: float
    out: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sample:
    """What is remembered of a look."""

    moment: float
    #: entries, by queue
    waiting: tuple[int, ...]
    #: entries that were recorded, by queue; None: the database does not say
    recorded: Mapping[int, int] | None


class Rates:
    """Remembers the looks of the last seconds."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()

    def add(self, look: Look) -> Mapping[int, Rate]:
        """Take a look into account; return each queue's rate. Empty at the first look, and while the broker is away.

        What went out is what workers of qtd recorded, which the ledger counts. Where they recorded nothing, or the
        database does not say, it is how much shorter the queue got: the plugin's processors count nothing. What came
        in is what went out and how much longer the queue got.
        """
        if look.backlogs is None:
            return {}  # what came and went meanwhile is seen as a whole when it is back
        recorded = look.recorded
        last = _Sample(
            moment=look.moment,
            waiting=tuple(backlog.state.waiting for backlog in look.backlogs),
            recorded=None
            if recorded is None
            else {queue: totals.entries for queue, totals in recorded.totals.items()},
        )
        samples = self._samples
        if samples and len(samples[0].waiting) != len(last.waiting):
            samples.clear()  # the number of queues was changed, and with it what is in which
        while len(samples) > 1 and last.moment - samples[1].moment >= SPAN_SECONDS:
            samples.popleft()
        samples.append(last)
        return _rates(samples[0], last)


def total(rates: Mapping[int, Rate]) -> Rate | None:
    """Return the rate of all queues; None where it is not known yet."""
    if not rates:
        return None
    return Rate(into=sum(rate.into for rate in rates.values()), out=sum(rate.out for rate in rates.values()))


def _rates(first: _Sample, last: _Sample) -> dict[int, Rate]:
    seconds = last.moment - first.moment
    if seconds <= 0:
        return {}
    before, after = first.recorded, last.recorded
    return {
        queue: _rate(
            last.waiting[queue] - first.waiting[queue],
            0 if before is None or after is None else after.get(queue, 0) - before.get(queue, 0),
            seconds,
        )
        for queue in range(len(last.waiting))
    }


def _rate(longer: int, recorded: int, seconds: float) -> Rate:
    if recorded > 0:
        return Rate(into=max(longer + recorded, 0) / seconds, out=recorded / seconds)
    return Rate(into=max(longer, 0) / seconds, out=max(-longer, 0) / seconds)
