"""The http engine as a worker sees it: stored entries in, requests to Matomo out, each entry at least once.

Matomo knows nothing of our ledger, so a call and the note of it can not be one transaction. The note follows the call
at once; only who is killed between the two, or loses the call's answer, sends it again.
"""

from __future__ import annotations

from collections.abc import Sequence

from qtd.clock import Clock
from qtd.errors import LockLost
from qtd.replay.accounts import Accounts
from qtd.replay.delivery import Delivery
from qtd.replay.matomo import Matomo
from qtd.replay.outcome import Outcome, prepare
from qtd.store.entry import Entry, read_entry
from qtd.store.native import BatchResult
from qtd.store.settings.source import SettingsSource


class HttpRecorder:
    """Replays a queue's entries through a Matomo elsewhere; for one worker, in one thread."""

    def __init__(
        self,
        matomo: Matomo,
        *,
        accounts: Accounts,
        settings: SettingsSource,
        max_requests: int,
        clock: Clock,
    ) -> None:
        """`max_requests` are the most in one call."""
        self._matomo = matomo
        self._accounts = accounts
        self._settings = settings
        self._clock = clock
        self._delivery = Delivery(matomo, max_requests=max_requests, clock=clock)
        #: digest -> what was delivered while its note could not be written
        self._unwritten: dict[bytes, Outcome] = {}

    def probe(self) -> None:
        """Make sure that Matomo takes requests. Raises MatomoUnavailable, MatomoRefuses."""
        self._matomo.probe()

    def close(self) -> None:
        """Close the connection to Matomo."""
        self._matomo.close()

    def fence(self, queue: int) -> int:
        """Take a new fence of the queue; see `qtd.store.ledger`. Raises what `qtd.db.transaction.writing` names."""
        return self._accounts.take_fence(queue)

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """Deliver the entries, which were read from the head of `queue`, and return when that is written down.

        Raises:
            LockLost: there is a newer fence; what was delivered under it may be delivered again by others.
            Transient: some may have been delivered; call again with the same.
        """
        read = [read_entry(one) for one in stored]
        entries, repeated = self._accounts.open(queue, read, fence=fence)
        result = BatchResult(repeated=repeated)
        settings, now = self._settings.current(), self._clock.now()
        outcomes = [
            self._unwritten.get(entry.digest) or prepare(entry, settings, now=now) for entry in entries
        ]
        try:
            for part in self._delivery.deliver(queue, outcomes, overtaken=_overtaken(read, entries)):
                self._unwritten |= {outcome.entry.digest: outcome for outcome in part}
                result.add(self._accounts.write(queue, part, fence=fence))
                for outcome in part:
                    del self._unwritten[outcome.entry.digest]
        except LockLost:
            self._unwritten.clear()
            raise
        return result


def _overtaken(read: Sequence[Entry], fresh: Sequence[Entry]) -> set[bytes]:
    """Digests of the fresh entries behind which there is one that was delivered before."""
    digests = {entry.digest for entry in fresh}
    known = [number for number, entry in enumerate(read) if entry.digest not in digests]
    return {entry.digest for entry in read[: known[-1]]} & digests if known else set()
