"""Lock tokens: like the plugin's twelve characters that nobody else has; ours may say besides who holds the lock."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Characters of a token that the SQL queues have room for.
_MOST: Final = 32
_NAMED: Final = re.compile(r"[0-9a-f]{12}:([ -~]+)")
_RESIZE: Final = re.compile(r"resize(\d{6})")


def new_token() -> str:
    """Return 12 random hexadecimal digits (48 bits: enough to tell the holders of one queue's lock apart)."""
    return secrets.token_hex(6)


def tokens_of(holder: str) -> Callable[[], str]:
    """Return a maker of tokens that end in who holds the lock, such as `1f0c9a7be412:worker-1@web01`.

    The plugin compares tokens as a whole and asks nothing of their form. What is too long of `holder` is left
    out, and what is not printable ASCII.
    """
    name = "".join(letter for letter in holder if " " <= letter <= "~")
    return lambda: f"{new_token()}:{name}"[:_MOST]


def resize_token(count: int) -> str:
    """Return the token by which a change to `count` queues holds them all, until somebody brings it to its end."""
    return f"resize{count:06d}"


def resized_to(token: str) -> int | None:
    """Return the number of queues that the holder of this token is changing to; None: it is about something else."""
    match = _RESIZE.fullmatch(token)
    return int(match[1]) if match else None


def holder_of(token: str) -> str | None:
    """Return who holds a lock with this token; None where it does not say: a processor of the plugin, say."""
    if (count := resized_to(token)) is not None:
        return f"change to {count} queues"
    match = _NAMED.fullmatch(token)
    return match[1] if match else None
