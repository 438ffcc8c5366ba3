"""Which queue a visitor belongs to, by the plugin's rule: he always comes to the same one, so order is kept.

Source: the QueuedTracking plugin's wire format. Both sides must agree while both write, so the rule can not
be made nicer here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5
from typing import TypeVar

Item = TypeVar("Item")

_HEX_DIGITS = b"0123456789abcdef"


def queue_of_visitor(visitor_id: bytes | None, address: str, count: int) -> int:
    """Return the queue, 0 to `count` - 1, of the visitor with this identifier, without one of this address.

    `address` is the visitor's address as text, as Matomo sees it; hashed, for many addresses begin alike.
    """
    text = visitor_id.hex() if visitor_id else md5(address.encode(), usedforsecurity=False).hexdigest()
    return queue_of(text, count)


def queue_of(text: str, count: int) -> int:
    """Return the queue of an identifier given as text, usually hexadecimal digits.

    Its first three bytes, in lower case, count: as one hexadecimal number, or by the sum of their values
    where one of them is no such digit. A missing second or third byte counts as the one before.
    """
    head = text.encode()[:3].lower()
    if head and not head.strip(_HEX_DIGITS):
        return int(head, 16) % count
    first = head[0] if head else 0
    second = head[1] if len(head) > 1 else first
    third = head[2] if len(head) > 2 else second
    return (first + second + third) % count


def split(items: Iterable[tuple[int, Item]]) -> Sequence[tuple[int, list[Item]]]:
    """Gather `(queue, item)` pairs by queue, in the order in which queues first appear; items keep theirs."""
    queues: dict[int, list[Item]] = {}
    for queue, item in items:
        queues.setdefault(queue, []).append(item)
    return list(queues.items())
