"""Which queue a tracking request belongs to, when it comes in and when the number of queues changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qtd.engine.invalid import InvalidRequest
from qtd.engine.request import TrackingRequest
from qtd.errors import UndecodableEntry
from qtd.queue.partitioner import NOBODY, queue_of, split, visitor_key
from qtd.wire.request_set import decode, encode, form_of, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.engine.settings import Settings
    from qtd.wire.request_set import RequestSet


def key_of_request(tracked: TrackingRequest, *, zero_ids_by_address: bool) -> str:
    """Return what decides about the request's queue (`qtd.queue.partitioner.visitor_key`).

    Raises:
        InvalidRequest: it has no usable identifier, and a `cip` without a valid token.
    """
    try:
        visitor_id = tracked.visitor_id
    except InvalidRequest:
        visitor_id = None
    if visitor_id and not (zero_ids_by_address and visitor_id == NOBODY):
        return visitor_key(visitor_id, "")
    try:
        return visitor_key(None, tracked.address)
    except InvalidRequest:
        if visitor_id:
            return visitor_key(visitor_id, "")
        raise


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """Finds the queues of entries that are waiting already, as if they came in now."""

    #: How many queues there are to be.
    count: int
    #: Matomo's settings in force.
    settings: Callable[[], Settings]
    #: `queue.zero_ids_by_address`.
    zero_ids_by_address: bool

    def route(self, queue: int, stored: bytes) -> Sequence[tuple[int, bytes]]:
        """Return the queues that an entry of `queue` belongs to, and what of it.

        That is one, and the very same bytes, unless it holds requests of several visitors (a bulk request)
        who no longer share a queue. Then each part gets an id of its own, always the same for the same entry,
        so that a part is recognised that is there twice. What can not be read stays, or goes where its
        queue's number leads when there is no such queue any more; the worker makes a dead letter of it.
        """
        stay = queue % self.count
        try:
            request_set = decode(stored)
        except UndecodableEntry:
            return [(stay, stored)]
        parts = split(
            (stay if key is None else queue_of(key, self.count), number)
            for number, key in enumerate(self._keys(request_set))
        )
        if len(parts) <= 1:
            return [(parts[0][0] if parts else stay, stored)]
        name = identity(stored, request_set)
        return [
            (
                target,
                encode(
                    replace(
                        request_set,
                        requests=[request_set.requests[number] for number in numbers],
                        id=f"{name}/{numbers[0]}",
                    ),
                    form_of(stored),
                ),
            )
            for target, numbers in parts
        ]

    def keys(self, stored: bytes) -> list[str]:
        """Return what decides about each of an entry's requests; nothing for what can not be read."""
        try:
            return [key for key in self._keys(decode(stored)) if key is not None]
        except UndecodableEntry:
            return []

    def _keys(self, request_set: RequestSet) -> list[str | None]:
        settings = self.settings()
        keys: list[str | None] = []
        for request in request_set.requests:
            tracked = TrackingRequest(
                request,
                server=request_set.server,
                cookies=request_set.cookies,
                token_auth=request_set.token_auth or "",
                entry_time=int(request_set.time),
                settings=settings,
            )
            try:
                keys.append(key_of_request(tracked, zero_ids_by_address=self.zero_ids_by_address))
            except InvalidRequest:
                keys.append(None)
        return keys
