"""Order numbers: how two of them are compared, because a site may have each only once."""

from __future__ import annotations

from hashlib import md5
from typing import Final

from qtd.engine.collation import collation_key

#: Length of the columns `idorder`.
MAX_ORDER_LENGTH: Final = 100


def order_key(order: str) -> str:
    """What two order numbers have in common where the database takes them for the same.

    The unique key works with the column's collation; the first 100 characters count.
    """
    return collation_key(order[:MAX_ORDER_LENGTH])


def order_buster(order: str) -> int:
    """The number that tells an order's conversion from the visit's other orders (`buster`), 32 bits."""
    digest = md5(order.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16)
