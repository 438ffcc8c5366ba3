"""Which of many queues are shown, and the keys that turn the pages: the plugin's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Self

#: Arrow keys, as terminals send them in both of their modes, by what they are called here.
_ARROWS: Final = {"A": "up", "B": "down", "C": "right", "D": "left"}
_KEYS: Final = re.compile(r"\x1b[\[O]([A-Za-z~])|\x1b[\[O][0-9;]*[A-Za-z~]|(.)", re.DOTALL)

QUIT: Final = "q"


def keys(typed: str) -> Iterator[str]:
    """Yield the keys that were pressed: single characters, and `up`, `down`, `left`, `right`."""
    for match in _KEYS.finditer(typed):
        if match[2] is not None:
            yield match[2]
        elif arrow := _ARROWS.get(match[1] or ""):
            yield arrow


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """A number of queues, some on each page, and the page that is shown."""

    queues: int
    #: queues on a page, at least 1
    rows: int
    #: from 1; one beyond the last is taken for the last
    page: int = 1

    @property
    def count(self) -> int:
        """How many pages there are."""
        return -(-self.queues // self.rows)

    @property
    def shown(self) -> range:
        """The queues on the page."""
        first = (min(self.page, self.count) - 1) * self.rows
        return range(first, min(first + self.rows, self.queues))

    def press(self, key: str) -> Self:
        """Return the pages after a key: left, right, up and down (ten pages), `,` first, `.` last, digits.

        A digit is a page among the ten in which the present one is; 0 is the tenth. Other keys do nothing.
        """
        page = min(self.page, self.count)
        if key in "0123456789" and len(key) == 1:
            page = (page - 1) // 10 * 10 + (int(key) or 10)
        elif key == ",":
            page = 1
        elif key == ".":
            page = self.count
        else:
            page += {"left": -1, "right": 1, "up": 10, "down": -10}.get(key, 0)
        return replace(self, page=min(max(page, 1), self.count))

    def of(self, queues: int | None) -> Self:
        """Return the same page of so many queues; None: as many as before."""
        return self if queues is None else replace(self, queues=queues)

    def fitting(self, rows: int) -> Self:
        """Return the pages for a terminal with room for so many rows; the first queue that is shown stays in sight."""
        rows = max(min(self.rows, rows), 1)
        return replace(self, rows=rows, page=self.shown.start // rows + 1)
