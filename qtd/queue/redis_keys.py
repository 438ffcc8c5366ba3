"""The Redis keys that we share with the QueuedTracking plugin, 5.x."""

from __future__ import annotations


def list_key(queue: int) -> str:
    """Return the key of the list that holds a queue's entries; queue 0 has no number, for history's sake."""
    return "trackingQueueV1" if queue == 0 else f"trackingQueueV1_{queue}"


def lock_key(queue: int) -> str:
    """Return the key of the string that is a queue's lock; its value is the holder's token."""
    return f"QueuedTrackingLock{queue}"
