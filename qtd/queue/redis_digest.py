"""Names a run of entries, so that a server can tell whether its queue begins with just these."""

from __future__ import annotations

from hashlib import sha1
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def head_digest(entries: Sequence[bytes]) -> str:
    """Return what `scripts/trim.lua` computes: SHA-1 of the entries' own SHA-1s, in hexadecimal digits.

    SHA-1 is what a script has at hand; it guards against accidents, not against somebody who may write to the
    queue anyway.
    """
    digests = "".join([sha1(entry, usedforsecurity=False).hexdigest() for entry in entries])
    return sha1(digests.encode("ascii"), usedforsecurity=False).hexdigest()
