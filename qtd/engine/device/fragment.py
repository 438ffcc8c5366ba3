"""Single fragments of a user agent that decide something by themselves."""

from __future__ import annotations

import re

from qtd.engine.device.agent import Agent

_WORD = rb"(?:^|[^A-Z0-9\-_]|[^A-Z0-9\-]_|sprd-|MZ-)"
#: Matomo's last rules are less strict: a digit may come before.
_LETTER = rb"(?:^|[^A-Z_-])"


class Fragment:
    """A pattern, and texts (lower case) one of which must be there before it is worth trying."""

    __slots__ = ("_needs", "_pattern")

    def __init__(self, pattern: bytes, *needs: bytes, after_digit: bool = False) -> None:
        self._needs = needs
        before = _LETTER if after_digit else _WORD
        self._pattern = re.compile(before + b"(?:" + pattern + b")", re.IGNORECASE)

    def found_in(self, agent: Agent) -> bool:
        """Whether the agent has the fragment where a word begins."""
        lower = agent.lower
        return any(need in lower for need in self._needs) and self._pattern.search(agent.data) is not None
