"""What the plugin's command prints: how important a line is, and how many requests were recorded.

Source: the output of QueuedTracking 5, of Matomo's log when it goes to the screen, and of PHP itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from qtd.log.event import Event
from qtd.log.events.console import ConsoleChatter, ConsoleError, ConsoleOutput, ConsoleWarning

#: A longer line is cut; nobody reads it.
_LONGEST: Final = 4000

_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_RECORDED: Final = re.compile(r"\((\d+) requests in [\d.,]+ seconds\)")
_ERROR: Final = re.compile(
    r"(?:PHP )?(?:Fatal|Parse|Catchable fatal) error\b|(?:ERROR|CRITICAL|EMERGENCY)\b", re.IGNORECASE
)
_WARNING: Final = re.compile(r"(?:PHP )?(?:Warning|Notice|Deprecated)\b|TRYING TO WIPE OUT", re.IGNORECASE)
#: Said in each run.
_CHATTER: Final = re.compile(
    r"Forcing queue ID|Force proccess num|Starting to process|Taking a nap|=+$|DEBUG\b"
)


class Lines:
    """Puts what is read of a pipe together to lines."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> Iterator[str]:
        """Give the lines that are complete now, without those that are empty."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST:
            lines.append(self._rest)
            self._rest = b""
        yield from filter(None, map(_text, lines))

    def end(self) -> Iterator[str]:
        """Give what is left when the pipe is closed."""
        rest, self._rest = self._rest, b""
        yield from filter(None, [_text(rest)])


def recorded(line: str) -> int | None:
    """How many requests a run has recorded, in the line that says so; None in every other."""
    match = _RECORDED.search(line)
    return int(match[1]) if match else None


def event_of(queue: int, line: str, *, is_error: bool) -> Event:
    """A line as the log tells it; `is_error` where it came on standard error."""
    if _ERROR.match(line):
        return ConsoleError(queue=queue, line=line)
    if is_error or _WARNING.match(line):
        return ConsoleWarning(queue=queue, line=line)
    if _CHATTER.match(line) or recorded(line) == 0:
        return ConsoleChatter(queue=queue, line=line)
    return ConsoleOutput(queue=queue, line=line)


def _text(line: bytes) -> str:
    return _ESCAPES.sub("", line.decode("utf-8", "replace")).strip()[:_LONGEST]
