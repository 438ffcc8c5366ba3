"""The kinds of fault, by the names that `make faults KIND=…` takes."""

from __future__ import annotations

from typing import Final

from tests.faults.ground import SingleRedis
from tests.faults.kinds.brokers import FreezeRedis, KillRedis, RestoreRedis
from tests.faults.kinds.commits import CutCommit, HangingCommit, LockedRows
from tests.faults.kinds.databases import KillMariaDb
from tests.faults.kinds.disks import FullDisk
from tests.faults.kinds.endpoints import KillIngest
from tests.faults.kinds.failovers import Failover, LaggingFailover
from tests.faults.kinds.garbage import Garbage
from tests.faults.kinds.kind import Kind
from tests.faults.kinds.workers import FreezeWorker, KillWorker, TwoHolders
from tests.faults.watched_redis import WatchedRedis

KINDS: Final = (
    Kind(name="kill-worker", make=KillWorker, needs=KillWorker.needs),
    Kind(name="freeze-worker", make=FreezeWorker, needs=FreezeWorker.needs),
    Kind(name="two-holders", make=TwoHolders, needs=TwoHolders.needs),
    Kind(name="cut-commit", make=CutCommit, needs=CutCommit.needs),
    Kind(name="hanging-commit", make=HangingCommit, needs=HangingCommit.needs),
    Kind(name="locked-rows", make=LockedRows, needs=LockedRows.needs),
    Kind(name="kill-mariadb", make=KillMariaDb, needs=KillMariaDb.needs),
    Kind(name="kill-ingest", make=KillIngest, needs=KillIngest.needs),
    Kind(name="garbage", make=Garbage, needs=Garbage.needs),
    Kind(name="kill-redis", make=KillRedis, needs=KillRedis.needs, ground=SingleRedis),
    Kind(name="freeze-redis", make=FreezeRedis, needs=FreezeRedis.needs, ground=SingleRedis),
    Kind(name="restore-redis", make=RestoreRedis, needs=RestoreRedis.needs, ground=SingleRedis),
    Kind(name="full-disk", make=FullDisk, needs=FullDisk.needs, ground=SingleRedis, needs_small_disk=True),
    Kind(name="failover", make=Failover, needs=Failover.needs, ground=WatchedRedis),
    Kind(name="lagging-failover", make=LaggingFailover, needs=LaggingFailover.needs, ground=WatchedRedis),
)
