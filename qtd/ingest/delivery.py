"""Where the entries of a push go: to their queues, or to the spool, by the number of queues in force.

Entries that the broker does not take go to the spool, and so does whatever comes later for the same queues, as long
as something of them is there: nothing overtakes it. When broker or spool say that another number of queues is in
force, queues are found anew for whatever has not been pushed. What nothing takes is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

from qtd.errors import BrokerUnavailable, NotAllPushed, QtdError, QueuesRenumbered
from qtd.ingest.push_batch import PushBatch
from qtd.ingest.pushing import MOST_RENUMBERINGS, Entries, Numbers, contradiction

#: Pushes what a batch has for the broker; returns why it does not take some or all of it, None: it took all.
PushOnce: TypeAlias = Callable[[PushBatch], QtdError | None]


class Spooling(Protocol):
    """What is needed of the spool (`qtd.ingest.spool.spool.Spool`)."""

    deadline_seconds: float

    def closed(self) -> frozenset[int]:
        """Return the queues whose new entries have to go to the spool."""

    def append(self, entries: Entries, cause: str | None = None) -> None:
        """Make entries durable there; `cause` is why the broker did not."""

    def renumber(self, count: int) -> None:
        """Take note of the number of queues in force."""


class Delivery:
    """Delivers one batch after the other; what became of its entries is in the batch.

    Without `spools_failures` the spool gets only what has to go behind what it holds. `queues` is their number as
    far as it is known, `renumbered` is told another one; without `numbers` it never changes.
    """

    def __init__(
        self,
        *,
        spool: Spooling | None,
        spools_failures: bool,
        queues: int,
        numbers: Numbers | None,
        renumbered: Callable[[int], None],
    ) -> None:
        #: by which queues are found
        self.queues = queues
        self._spool = spool
        self._spools_failures = spools_failures
        self._numbers = numbers
        self._renumbered = renumbered

    def deliver(self, batch: PushBatch, push: PushOnce) -> None:
        """Push or spool a batch; an error that `push` raises is not caught."""
        self._numbered(batch, partial(self._try, batch, push))

    def give_up(self, batch: PushBatch, error: QtdError) -> None:
        """Spool what is left of a batch whose push did not end in time."""
        self._numbered(batch, lambda: self._divert(batch, batch.direct, error), error)

    def _numbered(self, batch: PushBatch, step: Callable[[], None], cause: QtdError | None = None) -> None:
        """Do a step by the number of queues in force, whichever that turns out to be meanwhile."""
        change: QueuesRenumbered | None = None
        for _ in range(MOST_RENUMBERINGS):
            try:
                if (change is None or self._follow(batch, change)) and self._route(batch):
                    step()
            except QueuesRenumbered as another:
                change = another
            else:
                return
        batch.refuse(batch.direct, cause or contradiction())

    def _try(self, batch: PushBatch, push: PushOnce) -> None:
        """Push or spool it by the number of queues as far as it is known. Raises QueuesRenumbered."""
        if self._spool is not None:
            try:
                closed = self._spool.closed()
            except QueuesRenumbered:
                raise
            except QtdError as refusal:
                batch.refuse(batch.direct, refusal)
                return
            if closed:
                behind = [entry for entry in batch.direct if entry[0] in closed]
                direct = [entry for entry in batch.direct if entry[0] not in closed]
                self._divert(batch, behind, None)
                batch.direct = direct
        if not batch.direct:
            return
        error = push(batch)
        if isinstance(error, QueuesRenumbered):
            batch.direct = error.entries
            raise error
        if isinstance(error, NotAllPushed):
            batch.direct = error.entries
        if error is not None:
            self._divert(batch, batch.direct, error)

    def _follow(self, batch: PushBatch, change: QueuesRenumbered) -> bool:
        """Go by the number of queues in force; False where it can not be found out, and the batch is dealt with.

        Raises QueuesRenumbered where the spool has learned it meanwhile.
        """
        if self._numbers is None:
            batch.refuse(batch.direct, change)
            return False
        try:
            count = self._numbers.number(change)
            if self._spool is not None:
                self._spool.renumber(count)
        except QtdError as error:
            self._divert(batch, batch.direct, error)
            return False
        if count != self.queues:
            self.queues = count
            self._renumbered(count)
        return True

    def _route(self, batch: PushBatch) -> bool:
        """Find queues anew where they were found for another number; False where that fails, and all is refused."""
        if self._numbers is None:
            return True
        try:
            batch.route(self.queues, self._numbers)
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that they failed
            reason = f"finding queues anew failed: {type(error).__name__}: {error}"
            batch.refuse(batch.direct, BrokerUnavailable(reason))
            return False
        return True

    def _divert(self, batch: PushBatch, entries: Entries, error: QtdError | None) -> None:
        """Put entries into the spool that the broker did not take (`error`), or must not take yet.

        Raises QueuesRenumbered where the spool goes by another number.
        """
        if not entries:
            return
        if self._spool is None or (error is not None and not self._spools_failures):
            batch.refuse(entries, error or BrokerUnavailable())
            return
        try:
            self._spool.append(entries, None if error is None else str(error))
        except QueuesRenumbered:
            raise
        except QtdError as refusal:
            reason = str(refusal) if error is None else f"{error}; {refusal}"
            batch.refuse(entries, BrokerUnavailable(reason))
        except Exception as bug:  # noqa: BLE001 - as above
            batch.refuse(entries, BrokerUnavailable(f"the spool failed: {type(bug).__name__}: {bug}"))
        else:
            batch.spooled.update(stored for _, stored in entries)
