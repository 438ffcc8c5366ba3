"""Lock tokens, like the plugin's: twelve characters that nobody else has."""

from __future__ import annotations

import secrets


def new_token() -> str:
    """Return 12 random hexadecimal digits (48 bits: enough to tell the holders of one queue's lock apart)."""
    return secrets.token_hex(6)
