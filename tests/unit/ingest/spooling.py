"""A spool in a test's folder, over a broker that the test plays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from qtd.errors import BrokerUnavailable, QueuesRenumbered
from qtd.ingest.spool.append import SEGMENT_BYTES
from qtd.ingest.spool.spool import Spool
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog

Entry = tuple[int, bytes]


class Broker:
    """Queues in lists; `away` holds the queues that it does not take. Entries of numbers go by them."""

    def __init__(self) -> None:
        #: in force; None: whatever number entries come with
        self.count: int | None = None
        self.queues: dict[int, list[bytes]] = {}
        self.pushes = 0
        self.away: set[int] = set()
        self.pushed = Event()

    def push(self, entries: Sequence[Entry], count: int = 4) -> None:
        """See `FollowingQueues.push`; all or none."""
        self.pushes += 1
        if self.count not in (None, count):
            raise QueuesRenumbered(self.count, entries)
        if any(queue in self.away for queue, _ in entries):
            raise BrokerUnavailable("away")
        for queue, stored in entries:
            self.queues.setdefault(queue, []).append(stored)
        self.pushed.set()

    def number(self, change: QueuesRenumbered) -> int:
        """See `FollowingQueues.number`."""
        assert change.count is not None
        return change.count

    def routed(self, entries: Sequence[Entry], count: int) -> list[Entry]:
        """See `FollowingQueues.routed`."""
        return [(int(stored) % count, stored) for _, stored in entries]


class NoPauses:
    """Counts failures."""

    def __init__(self) -> None:
        self.failures = 0

    def failed(self) -> float:
        """See `Pauses.failed`."""
        self.failures += 1
        return 0.01

    def succeeded(self) -> None:
        """See `Pauses.succeeded`."""
        self.failures = 0


class Ground:
    """A folder for spools, and what they share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = Broker()
        self.clock = FakeClock()
        self.log = KeptLog()
        self.opened: list[Spool] = []

    def spool(
        self,
        *,
        queues: int = 4,
        max_bytes: int = 2**20,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> Spool:
        """Open the spool as a process does; it drains only when told to."""
        spool = Spool(
            self.folder,
            queues=queues,
            max_bytes=max_bytes,
            push=self.broker.push,
            numbers=self.broker,
            pauses=NoPauses(),
            deadline_seconds=2.0,
            clock=self.clock,
            log=self.log,
            segment_bytes=segment_bytes,
        )
        self.opened.append(spool)
        return spool

    def die(self, *spools: Spool) -> None:
        """End processes as kill -9 does: the kernel closes their files, nothing else happens."""
        for spool in spools or tuple(self.opened):
            spool._appender.close()
            spool._folder.close()
            self.opened.remove(spool)

    def segments(self) -> list[Path]:
        """Return the segment files, oldest first."""
        return sorted(self.folder.glob("*.segment"))


def numbered(first: int, count: int, queues: int = 4) -> list[Entry]:
    """Entries that say where they come in the order."""
    return [(number % queues, b"%d" % number) for number in range(first, first + count)]


def by_queue(entries: Sequence[Entry]) -> dict[int, list[bytes]]:
    """What the queues hold once all is drained."""
    queues: dict[int, list[bytes]] = {}
    for queue, stored in entries:
        queues.setdefault(queue, []).append(stored)
    return queues
