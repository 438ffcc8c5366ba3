"""A user agent prepared for matching: its bytes, and the places where a pattern may begin."""

from __future__ import annotations

import re

#: Matomo lets a pattern begin where a word begins: at the start, or behind anything but a letter, digit, `-`
#: or `_`. A `_` that does not follow a letter, digit or `-` ends a word too, and so do two prefixes that vendors
#: set before a model.
_WORD_START = re.compile(rb"(?<![A-Z0-9\-_])|(?<=[^A-Z0-9\-]_)|(?<=sprd-)|(?<=MZ-)", re.IGNORECASE)


class Agent:
    """A user agent's text, in the forms that matching needs."""

    __slots__ = ("data", "lower", "places", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        #: UTF-8, as Matomo's patterns see it
        self.data = text.encode("utf-8", "surrogatepass")
        self.lower = self.data.lower()
        #: offsets where a pattern may begin, ascending
        self.starts = [match.start() for match in _WORD_START.finditer(self.data)]
        self.places = frozenset(self.starts)
