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


class Rates:
    """Remembers the looks of the last seconds."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    def add(self, look: Look) -> Mapping[int, Rate]:
        """Take a look into account; return each queue's rate. Empty at the first look, and while the broker is away.

        What went out is what workers of qtd recorded, which the ledger counts. Where they recorded nothing, or the
        database does not say, it is how much shorter the queue got: the plugin's processors count nothing. What came
        in is what went out and how much longer the queue got.
        """
        if look.backlogs is None:
            return {}  # what came and went meanwhile is seen as a whole when it is back
        if self._looks and len(self._looks[0].backlogs or ()) != len(look.backlogs):
            self._looks.clear()  # the number of queues was changed, and with it what is in which
        while len(self._looks) > 1 and look.moment - self._looks[1].moment >= SPAN_SECONDS:
            self._looks.popleft()
        self._looks.append(look)
        return _rates(self._looks[0], look)


def total(rates: Mapping[int, Rate]) -> Rate | None:
    """Return the rate of all queues; None where it is not known yet."""
    if not rates:
        return None
    return Rate(into=sum(rate.into for rate in rates.values()), out=sum(rate.out for rate in rates.values()))


def _rates(first: Look, last: Look) -> dict[int, Rate]:
    seconds = last.moment - first.moment
    if seconds <= 0 or first.backlogs is None or last.backlogs is None:
        return {}
    return {
        queue: _rate(
            after.state.waiting - before.state.waiting,
            _recorded(last, queue) - _recorded(first, queue),
            seconds,
        )
        if first.recorded is not None and last.recorded is not None
        else _rate(after.state.waiting - before.state.waiting, 0, seconds)
        for queue, (before, after) in enumerate(zip(first.backlogs, last.backlogs, strict=True))
    }


def _rate(longer: int, recorded: int, seconds: float) -> Rate:
    if recorded > 0:
        return Rate(into=max(longer + recorded, 0) / seconds, out=recorded / seconds)
    return Rate(into=max(longer, 0) / seconds, out=max(-longer, 0) / seconds)


def _recorded(look: Look, queue: int) -> int:
    totals = look.recorded.totals.get(queue) if look.recorded else None
    return totals.entries if totals else 0
