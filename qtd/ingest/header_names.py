"""HTTP header names to the names PHP gives them in $_SERVER."""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN_NAME = re.compile(rb"[A-Za-z0-9-]+")


@lru_cache(maxsize=1024)
def variable_of(name: bytes) -> str | None:
    """Return `HTTP_USER_AGENT` for `User-Agent`; None for a name with other characters than these.

    As nginx drops them: `X_Forwarded_For` would become the same variable as the header a proxy sets.
    """
    if not _PLAIN_NAME.fullmatch(name):
        return None
    return "HTTP_" + name.decode("ascii").upper().replace("-", "_")
