"""Order numbers: how two of them are compared, because a site may have each only once."""

from __future__ import annotations

import unicodedata
from hashlib import md5
from typing import Final

#: Length of the columns `idorder`.
MAX_ORDER_LENGTH: Final = 100


def order_key(order: str) -> str:
    """What two order numbers have in common where the database takes them for the same.

    The unique key works with the column's collation (`utf8mb4_general_ci`): the first 100 characters count,
    without case, accents and trailing spaces.
    """
    order = order[:MAX_ORDER_LENGTH].rstrip(" ")
    if order.isascii():
        return order.lower()
    decomposed = unicodedata.normalize("NFD", order)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()


def order_buster(order: str) -> int:
    """The number that tells an order's conversion from the visit's other orders (`buster`), 32 bits."""
    digest = md5(order.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16)
