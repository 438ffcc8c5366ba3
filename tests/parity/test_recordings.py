from __future__ import annotations

from collections.abc import Callable

import pytest

from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.parity.command import run_files
from qtd.parity.run import Batches
from tests.parity.conftest import RECORDINGS

GROUPS = sorted(path.name for path in RECORDINGS.glob("*.json*") if path.name != "world.json")


#: Scenarios whose rows nobody could foretell: they were hashed with a random salt that was not recorded.
UNKNOWABLE = {("privacy", "anonymize user id")}


def run(
    group: str, outside: Callable[[FingerprintSalts], Outside], database: str | None, batches: Batches
) -> None:
    """Run a group; fails with the differences."""
    lines: list[str] = []
    summary = run_files(
        [RECORDINGS / group], outside=outside, show=lines.append, database=database, batches=batches, seed=7
    )
    assert summary.scenarios > 0
    unexpected = set(summary.unequal) - UNKNOWABLE
    assert not unexpected, "\n".join(lines)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", GROUPS)
def test_rows_are_matomos(
    group: str, database_url: str, outside: Callable[[FingerprintSalts], Outside]
) -> None:
    """Every row that Matomo wrote, on SQLite and on MariaDB, with a scenario's entries in one batch."""
    run(group, outside, database_url, "one")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("batches", ["single", "random"])
@pytest.mark.parametrize("group", GROUPS)
def test_batches_make_no_difference(
    group: str, batches: Batches, outside: Callable[[FingerprintSalts], Outside]
) -> None:
    """The same rows, however the entries are cut into batches."""
    run(group, outside, None, batches)
