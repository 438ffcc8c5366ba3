"""An outage in the log: once when it begins, now and then while it lasts, once when it is over."""

from __future__ import annotations

from random import Random

from qtd.clock import Clock
from qtd.errors import Transient
from qtd.log.events import Reached, Waiting
from qtd.log.logger import Logger
from qtd.worker.backoff import Backoff


class Outage:
    """What we know of one thing outside that can be away."""

    def __init__(self, name: str, server: str, *, clock: Clock, logger: Logger, random: Random) -> None:
        self._name = name
        self._server = server
        self._clock = clock
        self._logger = logger
        self._backoff = Backoff(least=1.0, most=60.0, random=random)
        self._began = 0.0
        self._again = 0.0
        #: what is wrong, None while nothing is
        self.cause: str | None = None

    @property
    def pausing(self) -> bool:
        """Whether it is too early to try again."""
        return self.cause is not None and self._clock.monotonic() < self._again

    def failed(self, error: Transient) -> None:
        """Take note that it is away."""
        now = self._clock.monotonic()
        if self.cause is None:
            self._began = now
        self.cause = str(error)
        pause = self._backoff.failed()
        self._again = now + pause
        self._logger.emit(
            Waiting(
                waits_for=self._name, server=self._server, cause=self.cause, pause_seconds=round(pause, 1)
            )
        )

    def succeeded(self) -> None:
        """Take note that it is there."""
        if self.cause is not None:
            seconds = round(self._clock.monotonic() - self._began, 1)
            self._logger.emit(Reached(waits_for=self._name, server=self._server, seconds=seconds))
            self.cause = None
            self._backoff.succeeded()
