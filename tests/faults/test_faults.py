"""The short course of `make test`: each kind of fault at least once, on real servers."""

from __future__ import annotations

import pytest

from tests.faults.course import run_course
from tests.faults.kinds import KINDS

pytestmark = pytest.mark.timeout(1200)


def test_nothing_is_lost_doubled_or_reordered(capsys: pytest.CaptureFixture[str]) -> None:
    """What was accepted is there once, in order, and as if undisturbed, whatever was killed, cut or filled up."""
    with capsys.disabled():
        course = run_course(seed=1, rounds=range(1, len(KINDS) + 1), show=print)
    assert course.failed == [], course.total.wrong
    assert course.kinds.keys() | course.skipped.keys() == {kind.name for kind in KINDS}
    assert course.total.accepted > 50 * len(KINDS)
    assert course.total.summary().endswith(", lost 0, duplicated 0, out of order 0")
