from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from qtd.errors import ConfigurationError
from qtd.parity.scenario import read_scenarios, read_world

SCENARIO = {"name": "n", "entries": [], "rows": {"log_visit": []}, "config": {"Tracker": {"a": 1}}}


def test_files_plain_and_gzipped(tmp_path: Path) -> None:
    """The group is the file's name without endings; what is optional is empty."""
    (tmp_path / "visits.json").write_text(json.dumps([SCENARIO]))
    (tmp_path / "traffic.json.gz").write_bytes(gzip.compress(json.dumps([SCENARIO]).encode()))
    (one,) = read_scenarios(tmp_path / "visits.json")
    (two,) = read_scenarios(tmp_path / "traffic.json.gz")
    assert (one.group, two.group) == ("visits", "traffic")
    assert (one.name, one.config, one.tables, one.options) == ("n", {"Tracker": {"a": 1}}, {}, {})


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"name": "n"}]'])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    """The error names the file."""
    file = tmp_path / "x.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=r"x\.json"):
        list(read_scenarios(file))
    with pytest.raises(ConfigurationError, match=r"x\.json"):
        read_world(file)
    with pytest.raises(ConfigurationError, match=r"missing\.json"):
        read_world(tmp_path / "missing.json")
