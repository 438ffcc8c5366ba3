"""An outage of what is looked at each second: asked ever more seldom while it lasts."""

from __future__ import annotations

from random import Random

from qtd.clock import Clock
from qtd.errors import Transient
from qtd.log.logger import Logger
from qtd.worker.backoff import Backoff
from qtd.worker.outage import Outage
from qtd.worker.servers import Server


class PacedOutage:
    """Whether one server is away, and whether it is too early to try it again."""

    def __init__(self, server: Server, *, clock: Clock, logger: Logger, random: Random) -> None:
        backoff = Backoff(least=1.0, most=60.0, random=random)
        self._outage = Outage(server, backoff=backoff, clock=clock, logger=logger)
        self._clock = clock
        self._again = 0.0

    @property
    def cause(self) -> str | None:
        """What is wrong, None while nothing is."""
        return self._outage.cause

    @property
    def pausing(self) -> bool:
        """Whether it is too early to try again."""
        return self.cause is not None and self._clock.monotonic() < self._again

    def failed(self, error: Transient) -> None:
        """Take note that it is away."""
        self._again = self._clock.monotonic() + self._outage.failed(error)

    def over(self) -> None:
        """Take note that it is there."""
        self._outage.over()
