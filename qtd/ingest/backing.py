"""What stands behind the endpoint in one process: the queue it pushes to and the settings it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtd.engine.settings import Settings
from qtd.ingest.pushing import Numbers, Push
from qtd.ingest.spool.spool import Spool
from qtd.wire.request_set import Form, RequestSet


def _nothing_to_close() -> None:
    """Close nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backing:
    """Made anew in each process, for connections do not survive a fork."""

    #: How many queues there are, as far as is known.
    queues: int
    #: Finds out when that has changed; None: it never does.
    numbers: Numbers | None = None
    #: `queue.zero_ids_by_address` of the configuration.
    zero_ids_by_address: bool = False
    #: How entries are written (`queue.entries`).
    entries: Form = "plugin"
    #: Makes `(queue, stored bytes)`, whose queues were found for so many, durable; called by several threads. Raises
    #: BrokerUnavailable, or QueuesRenumbered where that is an old number.
    push: Push
    #: `push` records at once: that takes its time, and what it does not take is refused, not spooled.
    direct: bool = False
    #: Raises BrokerUnavailable with the cause while `push` would fail.
    ping: Callable[[], None]
    #: Matomo's settings in force; called for each request, so it has to be quick.
    settings: Callable[[], Settings]
    #: Records a request set at once, for `queuedtracking=0`; None: such requests are queued like others.
    record_now: Callable[[RequestSet], None] | None = None
    #: Takes what `push` does not; None: such requests are refused. Started and closed by who serves.
    spool: Spool | None = None
    #: Gives back what this holds.
    close: Callable[[], None] = _nothing_to_close
