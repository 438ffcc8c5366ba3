from __future__ import annotations

from qtd.queue.redis_keys import list_key, lock_key


def test_keys_are_the_plugins() -> None:
    """The names are what QueuedTracking 5.x writes; queue 0 alone has no number in its list's name."""
    assert [list_key(queue) for queue in (0, 1, 15)] == [
        "trackingQueueV1",
        "trackingQueueV1_1",
        "trackingQueueV1_15",
    ]
    assert [lock_key(queue) for queue in (0, 15)] == ["QueuedTrackingLock0", "QueuedTrackingLock15"]
