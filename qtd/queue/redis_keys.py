"""The Redis keys: those that we share with the QueuedTracking plugin, 5.x, and what is beside them."""

from __future__ import annotations


def list_key(queue: int) -> str:
    """Return the key of the list that holds a queue's entries; queue 0 has no number, for history's sake."""
    return "trackingQueueV1" if queue == 0 else f"trackingQueueV1_{queue}"


def lock_key(queue: int) -> str:
    """Return the key of the string that is a queue's lock; its value is the holder's token."""
    return f"QueuedTrackingLock{queue}"


def number_key(queue: int | None = None) -> str:
    """Return the key of the string that says how many queues are in force; the plugin does not know it.

    On a cluster each queue has one of its own, `queue`'s in the same slot as its list.
    """
    return "trackingQueueV1Count" if queue is None else f"trackingQueueV1Count{{{list_key(queue)}}}"
