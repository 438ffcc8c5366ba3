"""Which queue a visitor belongs to, by the plugin's rule: he always comes to the same one, so order is kept.

Source: the QueuedTracking plugin's wire format. Both sides must agree while both write, so the rule can not
be made nicer here, but for one thing that can be turned off: see `visitor_key`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import md5
from typing import Final, TypeVar

Item = TypeVar("Item")

_HEX_DIGITS = b"0123456789abcdef"

#: What a client sends that has no identifier but must send one, and what becomes of a text such as "undefined".
NOBODY: Final = bytes(8)


def visitor_key(visitor_id: bytes | None, address: str) -> str:
    """Return the text that decides about a visitor's queue: his identifier, else a digest of his address.

    `address` is the visitor's address as text, as Matomo sees it; hashed, for many addresses begin alike. By
    the plugin's rule `NOBODY` is an identifier like any other, so all such visitors share queue 0; whoever
    does not want that (`queue.zero_ids_by_address`) gives None instead.
    """
    return visitor_id.hex() if visitor_id else md5(address.encode(), usedforsecurity=False).hexdigest()


def queue_of(text: str, count: int) -> int:
    """Return the queue, 0 to `count` - 1, of an identifier given as text, usually hexadecimal digits.

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
