"""Whether there is a spool, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qtd.cli.spool import check_spool, open_spool
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.engine.settings import Settings
from qtd.errors import ConfigurationError
from qtd.log.events.spool import SpoolBroken
from qtd.queue.following import FollowingQueues
from qtd.queue.memory import MemoryQueues
from tests.kept_log import KeptLog


def configured(folder: Path, *, backend: str = "redis", **spool: Any) -> Config:
    """A configuration that keeps its state there."""
    return Config.model_validate(
        {"state_directory": str(folder), "queue": {"backend": backend, "count": 2}, "spool": spool}
    )


def test_there_is_one_where_its_folder_can_be_made(tmp_path: Path) -> None:
    """By default in the state directory, made on the way; not for queues in memory."""
    assert configured(tmp_path / "state").spool_directory == tmp_path / "state" / "spool"
    assert configured(tmp_path, directory=str(tmp_path / "other")).spool_directory == tmp_path / "other"
    assert configured(tmp_path, enabled=False).spool_directory is None
    assert configured(tmp_path, backend="memory").spool_directory is None


def following() -> FollowingQueues:
    """Queues in memory."""
    return FollowingQueues(
        MemoryQueues(count=2, clock=SystemClock()),
        wanted=2,
        settings=Settings,
        zero_ids_by_address=True,
        clock=SystemClock(),
    )


def test_who_wants_one_is_told_that_it_can_not_be(tmp_path: Path) -> None:
    """`spool.enabled: true` is an error then; who did not ask has an event in the log, and goes on without."""
    (tmp_path / "file").touch()
    asked = configured(tmp_path, enabled=True, directory=str(tmp_path / "file" / "spool"))
    with pytest.raises(ConfigurationError, match=r"spool\.directory"):
        check_spool(asked, KeptLog())
    log = KeptLog()
    by_default = configured(tmp_path, directory=str(tmp_path / "file"))
    check_spool(by_default, log)
    assert open_spool(by_default, following(), clock=SystemClock(), logger=log) is None
    assert [event.directory for event in log.of(SpoolBroken)] == [str(tmp_path / "file")]


def test_one_that_was_turned_off_too_early_is_not_forgotten(tmp_path: Path) -> None:
    """Its entries wait on disk, and each start says so."""
    config = configured(tmp_path)
    spool = open_spool(config, following(), clock=SystemClock(), logger=KeptLog())
    assert spool is not None
    log = KeptLog()
    check_spool(configured(tmp_path, enabled=False), log)
    assert log.events == []
    spool.append([(0, b"x"), (1, b"y")])
    check_spool(configured(tmp_path, enabled=False), log)
    (event,) = log.of(SpoolBroken)
    assert "holds 2 entries" in event.cause
    spool.close(0)
