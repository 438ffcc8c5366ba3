"""When two texts are the same to the database.

Source: MariaDB's `utf8mb4_general_ci`, the collation of Matomo's tables: case, accents and trailing spaces make no
difference.
"""

from __future__ import annotations

import unicodedata


def collation_key(text: str) -> str:
    """What two texts have in common that the database takes for the same."""
    text = text.rstrip(" ")
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()
