"""Emptying queues once: what cron asks for, and what is done before a stop."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event

from qtd.queue.contract import Queues
from qtd.store.native import BatchResult
from qtd.worker.batch import BatchStep


def drain(
    queues: Queues, numbers: Iterable[int], step: BatchStep, stop: Event
) -> tuple[BatchResult, list[int]]:
    """Record what waits in the queues, each until it is empty; returns the sum and the queues somebody else holds.

    Raises:
        Transient: broker or database failed; what was recorded until then is off its queue.
    """
    total = BatchResult()
    busy: list[int] = []
    for queue in numbers:
        if stop.is_set():
            break
        lock = queues.acquire(queue, step.lock_seconds)
        if lock is None:
            busy.append(queue)
            continue
        try:
            while not stop.is_set() and (result := step.run(lock)) is not None:
                total.add(result)
        finally:
            queues.release(lock)
    return total, busy
