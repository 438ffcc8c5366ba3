"""Ids for the entries we write: unique without asking anyone, cheap enough for every hit."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from itertools import count
from typing import TypeAlias

#: Gives the next entry's id.
NewId: TypeAlias = Callable[[], str]


def entry_ids(random_bytes: Callable[[int], bytes] = os.urandom) -> NewId:
    """Return a source of ids: 16 random letters drawn now, then a count; never two alike.

    80 random bits keep processes apart, so a process draws its own source after it was started (not before a
    fork). The count makes an id cost no system call. Safe to call from several threads.
    """
    prefix = base64.b32encode(random_bytes(10)).decode("ascii").lower()
    return map(f"{prefix}{{:x}}".format, count()).__next__
