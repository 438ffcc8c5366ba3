"""What an event is: a class whose name is the event's, with typed fields and a fixed level."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something worth telling; subclasses are the catalogue, their docstrings say what it means."""

    #: from the standard library: DEBUG, INFO, WARNING, ERROR
    level: ClassVar[int] = logging.INFO

    @classmethod
    def name(cls) -> str:
        """`BatchApplied` is logged as `batch_applied`."""
        return _WORD.sub("_", cls.__name__).lower()

    def values(self) -> Iterator[tuple[str, object]]:
        """The fields, without those that are None: what is not known is not shown."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value
