"""Follows the processes' log, whose events are an interface: what was applied, and what went wrong."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import Any

import orjson

from qtd.log.events.dead_letters import EntryDead
from qtd.log.events.ingest import IngestStarted
from qtd.log.events.worker import BatchApplied

_APPLIED = BatchApplied.name()
_DEAD = EntryDead.name()
_STARTED = IngestStarted.name()

#: A traceback and a few events.
_LAST_WORDS = 20


class LogTail:
    """Reads what was added since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        #: requests recorded and excluded, batches
        self.totals: Counter[str] = Counter()
        #: excluded requests by the rule that kept them out
        self.rules: Counter[str] = Counter()
        #: events that are warnings or errors, by name; dead entries are counted elsewhere
        self.trouble: Counter[str] = Counter()
        #: for people, in their order: errors, and what a process said before it could log or when it broke
        self.last_words: deque[str] = deque(maxlen=_LAST_WORDS)
        #: whether connections are accepted
        self.serving = False

    def read(self) -> None:
        """Take in whole lines only; the rest comes with the next look."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        whole = text.rpartition(b"\n")[0]
        if not whole:
            return
        self._offset += len(whole) + 1
        for line in whole.split(b"\n"):
            self._line(line)

    def _line(self, line: bytes) -> None:
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                self.last_words.append(line.decode("utf-8", "replace"))
            return
        self._event(event)

    def _event(self, event: dict[str, Any]) -> None:
        name = event.get("event")
        if name == _APPLIED:
            self.totals.update(
                batches=1, recorded=event["recorded"], excluded=event["excluded"], dead=event["dead"]
            )
            for rule in filter(None, event["rules"].split(", ")):
                name, _, count = rule.rpartition(" ")
                self.rules[name] += int(count)
        elif name == _STARTED:
            self.serving = True
        elif event.get("level") in ("warning", "error", "critical") and name != _DEAD:
            self.trouble[str(name)] += 1
            if event["level"] != "warning":
                self.last_words.append(orjson.dumps(event).decode())
