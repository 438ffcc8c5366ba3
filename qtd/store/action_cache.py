"""Remembers the identifiers of action names, bounded in memory and in time."""

from __future__ import annotations

from qtd.clock import Clock
from qtd.engine.action import ActionName

#: Seconds after which a name that was not used is forgotten. An identifier never changes, but Matomo's purging of
#: old logs deletes actions that no row refers to any more; one used within the hour is referred to by a recent row.
_GENERATION_SECONDS = 3600


class ActionCache:
    """The least recently used names go first: two generations, of which the older one is dropped at once.

    `size` is the number of characters of all names together; with what a dict needs besides, memory is at most
    some hundred bytes per name more.
    """

    def __init__(self, clock: Clock, size: int = 4_000_000) -> None:
        self._clock = clock
        self._half = size // 2
        self._young: dict[ActionName, int] = {}
        self._old: dict[ActionName, int] = {}
        self._characters = 0
        self._born = clock.monotonic()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, name: ActionName) -> int | None:
        """The identifier, null where it is not remembered."""
        identifier = self._young.get(name)
        if identifier is None:
            identifier = self._old.pop(name, None)
            if identifier is not None:
                self.put(name, identifier)
        return identifier

    def put(self, name: ActionName, identifier: int) -> None:
        """Remember an identifier."""
        self._young[name] = identifier
        self._characters += len(name[1])
        if self._characters > self._half:
            self._age()

    def clear(self) -> None:
        """Forget everything."""
        self._age()
        self._old = {}

    def forget_unused(self) -> None:
        """Let time pass; to be called once per batch."""
        if self._clock.monotonic() - self._born >= _GENERATION_SECONDS:
            self._age()

    def _age(self) -> None:
        self._old = self._young
        self._young = {}
        self._characters = 0
        self._born = self._clock.monotonic()
