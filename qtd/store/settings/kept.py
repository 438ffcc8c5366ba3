"""Settings that are always there at once: read in the background, and kept while the database is away."""

from __future__ import annotations

from threading import Lock, Thread
from typing import Protocol

from qtd.clock import Clock
from qtd.engine.settings import Settings
from qtd.errors import QtdError
from qtd.log.events.process import Reached
from qtd.log.events.store import SettingsKept
from qtd.log.logger import Logger


class Source(Protocol):
    """Where settings come from: `qtd.store.settings.source.SettingsSource`."""

    def current(self) -> Settings:
        """Those of now, the same object as before where nothing has changed."""


class KeptSettings:
    """For whoever asks at every request and must not wait for a database."""

    def __init__(
        self, source: Source, *, server: str, clock: Clock, logger: Logger, look_seconds: float = 5.0
    ) -> None:
        """Read the settings for the first time; raises what `SettingsSource.current` raises.

        Every `look_seconds` the source is asked, which reads again when its own time has come. `server` is the
        database's address, for the log.
        """
        self._source = source
        self._server = server
        self._clock = clock
        self._logger = logger
        self._look_seconds = look_seconds
        self._settings = source.current()
        self._next = clock.monotonic() + look_seconds
        #: since when they could not be read
        self._failing: float | None = None
        self._reading = Lock()

    def current(self) -> Settings:
        """The newest settings that could be read."""
        if self._clock.monotonic() >= self._next and self._reading.acquire(blocking=False):
            self._next = self._clock.monotonic() + self._look_seconds
            try:
                Thread(target=self._read, name="settings", daemon=True).start()
            except RuntimeError:  # no more threads: whoever asks must not suffer from it
                self._reading.release()
        return self._settings

    def _read(self) -> None:
        try:
            self._settings = self._source.current()
        except QtdError as error:
            if self._failing is None:  # told once, and once when it is over
                self._failing = self._clock.monotonic()
                self._logger.emit(SettingsKept(cause=str(error)))
        else:
            if self._failing is not None:
                seconds = round(self._clock.monotonic() - self._failing, 1)
                self._failing = None
                self._logger.emit(Reached(waits_for="settings", server=self._server, seconds=seconds))
        finally:
            self._reading.release()
