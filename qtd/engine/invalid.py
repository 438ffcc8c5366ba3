"""Requests that Matomo does not record because of what they say: each becomes a dead letter with its reason.

In Matomo's queue replay such a request is rolled back and the rest of its request set is dropped with it;
only for an unknown site does the rest go on. What becomes of the rest is the caller's decision, so the two
are told apart here.
"""

from __future__ import annotations

from qtd.engine.php import is_whole
from qtd.errors import EntryError


class InvalidRequest(EntryError):
    """The request uses a parameter in a way that the tracking API does not allow.

    `reason` is a short snake_case word for counters and dead letters; the message never holds a token or an
    address.
    """

    def __init__(self, reason: str, message: str | None = None) -> None:
        super().__init__(message or reason.replace("_", " "))
        self.reason = reason


def storable(text: str) -> str:
    """Return the text; raises `InvalidRequest` where it is cut off within a character, which no column takes."""
    if not is_whole(text):
        raise InvalidRequest("broken_character", "a text is cut off within a character")
    return text


class UnknownSite(EntryError):
    """The request names no site, or one that does not exist."""
