"""The settings as of now: read again when `tracker_cache_file_ttl` is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.db.transaction import reading
from qtd.engine.php import to_int
from qtd.engine.settings import Settings
from qtd.errors import ConfigurationError, Transient
from qtd.store.settings.load import Configured, load_settings
from qtd.store.settings.user_id_salt import OPTION, user_id_salt


class SettingsSource:
    """Settings that are at most `tracker_cache_file_ttl` seconds old."""

    def __init__(
        self, engine: Engine, prefix: str = "", *, configured: Callable[[], Configured], clock: Clock
    ) -> None:
        """`configured` reads what does not lie in the database; it is asked again each time."""
        self._engine = engine
        self._prefix = prefix
        self._configured = configured
        self._clock = clock
        self._current: Settings | None = None
        self._expires = 0.0

    def current(self) -> Settings:
        """The settings; the same object as before where nothing has changed.

        Raises what `qtd.db.transaction.reading` raises, and what `configured` does when asked for the first time; later
        that is Transient, because somebody may be just about to write its file.
        """
        now = self._clock.monotonic()
        if self._current is None or now >= self._expires:
            fresh = self._read()
            if fresh != self._current:
                self._current = fresh
            self._expires = now + max(0, to_int(self._current.tracker_value("tracker_cache_file_ttl")))
        return self._current

    def _read(self) -> Settings:
        configured = self._read_configured()
        with reading(self._engine) as connection:
            fresh = load_settings(connection, self._prefix, configured, now=self._clock.now())
        if not fresh.privacy.anonymize_user_id or fresh.options.get(OPTION):
            return fresh
        salt = user_id_salt(self._engine, self._prefix)
        return replace(fresh, options={**fresh.options, OPTION: salt})

    def _read_configured(self) -> Configured:
        try:
            return self._configured()
        except ConfigurationError as error:
            if self._current is None:
                raise
            raise Transient(f"the configuration can not be read: {error}") from error
