"""Settings that are always there at once: read in the background, and kept while the database is away."""

from __future__ import annotations

from threading import Lock, Thread

from qtd.clock import Clock
from qtd.engine.settings import Settings
from qtd.errors import QtdError
from qtd.log.events import SettingsKept
from qtd.log.logger import Logger
from qtd.store.settings.source import SettingsSource


class KeptSettings:
    """For whoever asks at every request and must not wait for a database."""

    def __init__(
        self, source: SettingsSource, *, clock: Clock, logger: Logger, look_seconds: float = 5.0
    ) -> None:
        """Read the settings for the first time; raises what `SettingsSource.current` raises.

        Every `look_seconds` the source is asked, which reads again when its own time has come.
        """
        self._source = source
        self._clock = clock
        self._logger = logger
        self._look_seconds = look_seconds
        self._settings = source.current()
        self._next = clock.monotonic() + look_seconds
        self._reading = Lock()

    def current(self) -> Settings:
        """The newest settings that could be read."""
        if self._clock.monotonic() >= self._next and self._reading.acquire(blocking=False):
            self._next = self._clock.monotonic() + self._look_seconds
            Thread(target=self._read, name="settings", daemon=True).start()
        return self._settings

    def _read(self) -> None:
        try:
            self._settings = self._source.current()
        except QtdError as error:
            self._logger.emit(SettingsKept(cause=str(error)))
        finally:
            self._reading.release()
