"""How many workers are wanted: a number, or a range in which lag decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from qtd.config.root import Config
from qtd.supervisor.demand import Demand


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What scaling goes by; seconds throughout."""

    least: int
    most: int
    #: lag from which on there are to be more
    up_lag: float
    #: from a change until there may be more again
    up_pause: float
    #: lag up to which fewer will do
    down_lag: float
    #: how long fewer must have done before there are fewer
    down_after: float
    #: what an entry may wait for others to join it: no lag
    patience: float

    @classmethod
    def of(cls, config: Config) -> Self:
        """The configuration's."""
        workers = config.workers
        return cls(
            least=config.least_workers,
            most=config.worker_count,
            up_lag=workers.scale_up_lag_seconds,
            up_pause=workers.scale_up_pause_seconds,
            down_lag=workers.scale_down_lag_seconds,
            down_after=workers.scale_down_after_seconds,
            patience=config.batch.max_wait_seconds,
        )


class Scaling:
    """Doubles at once when lag is great, goes down one by one when it has been small for long; between: nothing.

    So a peak is met within a few steps, and a lag that swings about one value changes nothing.
    """

    def __init__(self, bounds: Bounds, *, wanted: int, now: float) -> None:
        self._bounds = bounds
        #: how many workers are wanted
        self.wanted = min(max(wanted, bounds.least), bounds.most)
        self._changed = now - bounds.up_pause
        self._calm_since: float | None = None

    def rebound(self, bounds: Bounds) -> str | None:
        """Go by other bounds from now on; returns the reason where that changes the number."""
        self._bounds = bounds
        before = self.wanted
        self.wanted = min(max(before, bounds.least), bounds.most)
        self._calm_since = None
        return None if self.wanted == before else "the configuration was changed"

    def lags(self, demand: Demand) -> bool:
        """Say whether there would have to be more workers, if there may be."""
        return demand.latest.lag - self._bounds.patience >= self._bounds.up_lag

    def decide(self, demand: Demand, now: float) -> str | None:
        """Look at the demand at monotonic time `now`; returns the reason where another number is wanted now."""
        bounds, latest = self._bounds, demand.latest
        lag = max(0.0, latest.lag - bounds.patience)
        if lag > bounds.down_lag:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        if self.lags(demand):
            return self._more(
                now, f"queue {latest.queue} lags {latest.lag:.0f} s, {bounds.up_lag:g} s is too much"
            )
        if self._calm_since is not None and now - self._calm_since >= bounds.down_after:
            return self._less(now, f"lag was at most {bounds.down_lag:g} s for {bounds.down_after:g} s")
        return None

    def _more(self, now: float, reason: str) -> str | None:
        if self.wanted >= self._bounds.most or now - self._changed < self._bounds.up_pause:
            return None
        self.wanted = min(self.wanted * 2, self._bounds.most)
        self._changed = now
        return reason

    def _less(self, now: float, reason: str) -> str | None:
        if self.wanted <= self._bounds.least:
            return None
        self.wanted -= 1
        self._changed = self._calm_since = now
        return reason
