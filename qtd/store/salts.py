"""The random salts of device fingerprints, shared with PHP and all workers through the option table.

Source: Matomo's FingerprintSalt: option `fingerprint_salt_<idsite>_<date>`, JSON with the salt as `value` and the Unix
seconds of its making as `time`; Matomo deletes them after five days.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import orjson
from sqlalchemy import Engine, text

from qtd.clock import Clock
from qtd.db.transaction import reading, writing

_OPTION = "fingerprint_salt_{}_{}"

#: Salts kept in memory: sites times the few days whose requests arrive.
_REMEMBERED = 20_000


def random_salt() -> str:
    """32 random characters."""
    return secrets.token_hex(16)


class StoredSalts:
    """Salts by site and day; a missing one is made by whoever is first."""

    def __init__(
        self, engine: Engine, prefix: str = "", *, clock: Clock, new_salt: Callable[[], str] = random_salt
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._new_salt = new_salt
        self._known: dict[tuple[int, str], str] = {}
        table = f"`{prefix}option`"
        ignore = "INSERT OR IGNORE" if engine.dialect.name == "sqlite" else "INSERT IGNORE"
        self._select = text(f"SELECT option_value FROM {table} WHERE option_name = :name")
        self._insert = text(
            f"{ignore} INTO {table} (option_name, option_value, autoload) VALUES (:name, :value, 0)"
        )
        self._replace = text(
            f"UPDATE {table} SET option_value = :value WHERE option_name = :name AND option_value = :spoilt"
        )

    def salt(self, idsite: int, date: str) -> str:
        """The salt of a site for `YYYY-MM-DD` in the site's timezone.

        Must not be called within a transaction of the same thread that writes: on SQLite it would wait for it.
        """
        key = (idsite, date)
        salt = self._known.get(key)
        if salt is None:
            salt = self._stored(_OPTION.format(idsite, date))
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[key] = salt
        return salt

    def forget(self) -> None:
        """Ask the database again."""
        self._known.clear()

    def _stored(self, name: str) -> str:
        with reading(self._engine) as connection:
            stored = connection.scalar(self._select, {"name": name})
        if salt := _value(stored):
            return salt
        made = orjson.dumps({"value": self._new_salt(), "time": int(self._clock.now())}).decode()
        with writing(self._engine) as connection:
            if stored is None:
                connection.execute(self._insert, {"name": name, "value": made})
            else:
                connection.execute(self._replace, {"name": name, "value": made, "spoilt": stored})
        # Somebody else may have been faster, and then it is his.
        with reading(self._engine) as connection:
            return _value(connection.scalar(self._select, {"name": name})) or _value(made)


def _value(stored: str | None) -> str:
    """The salt in an option's value, empty where there is none."""
    try:
        decoded = orjson.loads(stored or "null")
    except orjson.JSONDecodeError:
        return ""
    value = decoded.get("value") if isinstance(decoded, dict) else None
    return value if isinstance(value, str) else ""
