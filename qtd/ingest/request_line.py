"""Bytes beyond ASCII in a request line: the parser refuses them, so they go through it in disguise.

Browsers send them, nginx and PHP take them. What is beyond ASCII becomes `~` and two digits, as does `~`.
"""

from __future__ import annotations

import re

_TO_ESCAPE = re.compile(rb"[~\x80-\xff]")
_ESCAPE = re.compile(rb"~([0-9A-F]{2})")


def escaped(line: bytes) -> bytes:
    """Return a line, or a piece of one, in ASCII."""
    return _TO_ESCAPE.sub(lambda match: b"~%02X" % match[0][0], line)


def unescaped(target: bytes) -> bytes:
    """Return the request target as it was sent, or a piece of it that cuts no escape."""
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), target)
