"""Who has to begin anew for a new configuration."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.config.root import Config
from qtd.supervisor.reload import compare


@pytest.mark.parametrize(
    ("new", "everybody", "ingest", "workers"),
    [
        ({}, (), (), ()),
        ({"workers": {"min": 2}}, (), (), ()),
        ({"workers": {"scale_up_lag_seconds": 60, "stuck_seconds": 9}}, (), (), ()),
        ({"workers": {"count": 4}}, (), (), ()),
        ({"workers": {"count": 2}}, (), (), ("workers",)),
        ({"workers": {"lock_seconds": 10}}, (), (), ("workers",)),
        ({"batch": {"max_requests": 5}}, (), (), ("batch",)),
        ({"ingest": {"port": 80}}, (), ("ingest",), ()),
        ({"log": {"level": "debug"}}, (), ("log",), ("log",)),
        ({"database": {"tables_prefix": "x_"}}, (), ("database",), ("database",)),
        ({"queue": {"count": 8}, "batch": {"max_requests": 5}}, ("queue",), (), ("batch",)),
        ({"redis": {"database": 1}}, ("redis",), (), ()),
    ],
)
def test_only_those_begin_anew_who_read_what_changed(
    new: dict[str, Any], everybody: tuple[str, ...], ingest: tuple[str, ...], workers: tuple[str, ...]
) -> None:
    """The supervisor's own keys: nobody. A queue's: everybody, at the same moment."""
    change = compare(Config(), Config.model_validate(new))
    assert (change.everybody, change.ingest, change.workers) == (everybody, ingest, workers)
