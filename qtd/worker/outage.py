"""An outage of broker, database or Matomo: told when it begins, at each attempt, and when it is over."""

from __future__ import annotations

from qtd.clock import Clock
from qtd.errors import MatomoUnavailable, QtdError
from qtd.log.events.process import Reached, Waiting
from qtd.log.logger import Logger
from qtd.worker.backoff import Backoff
from qtd.worker.servers import Server


class Outage:
    """Whether one server is away, since when, and how long to wait until the next attempt."""

    def __init__(
        self,
        server: Server,
        *,
        backoff: Backoff,
        clock: Clock,
        logger: Logger,
        matomo: Server | None = None,
    ) -> None:
        """`matomo` is behind the server, with engine http: errors tell which of the two is away."""
        self._server = self._away = server
        self._matomo = matomo
        self._backoff = backoff
        self._clock = clock
        self._logger = logger
        self._began = 0.0
        #: the newest failure's reason; None while the server is there
        self.cause: str | None = None

    def failed(self, error: QtdError) -> float:
        """Take note that the server does not do what it should; return the seconds to wait."""
        if self.cause is None:
            self._began = self._clock.monotonic()
        self.cause = str(error)
        self._away = self._server
        if self._matomo is not None and isinstance(error, MatomoUnavailable):
            self._away = self._matomo
        pause = self._backoff.failed()
        self._logger.emit(
            Waiting(
                waits_for=self._away.name,
                server=self._away.address,
                cause=self.cause,
                pause_seconds=round(pause, 2),
            )
        )
        return pause

    def over(self) -> None:
        """Take note that the server did what it should."""
        if self.cause is None:
            return
        self.cause = None
        self._backoff.succeeded()
        seconds = round(self._clock.monotonic() - self._began, 1)
        self._logger.emit(Reached(waits_for=self._away.name, server=self._away.address, seconds=seconds))
