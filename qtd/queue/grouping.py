"""What every backend does first with a push: sort its entries by queue, keeping their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def by_queue(entries: Sequence[tuple[int, bytes]], count: int) -> dict[int, list[bytes]]:
    """Return the stored bytes per queue, queues in ascending order.

    Raises:
        ValueError: a queue's number is not below `count`; nothing has been stored then.
    """
    groups: dict[int, list[bytes]] = {}
    for queue, stored in entries:
        if queue in groups:
            groups[queue].append(stored)
        else:
            groups[queue] = [stored]
    for queue in groups:
        check_queue(queue, count)
    return dict(sorted(groups.items())) if len(groups) > 1 else groups


def check_queue(queue: int, count: int) -> None:
    """Raise ValueError unless 0 <= `queue` < `count`."""
    if not 0 <= queue < count:
        raise ValueError(f"queue {queue} does not exist, there are {count}")
