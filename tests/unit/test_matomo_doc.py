from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtd.config.matomo_keys import GENERAL_KEYS, TRACKER_KEYS
from qtd.engine.page_performance import COLUMNS
from qtd.engine.request import PLUGINS
from qtd.store.settings.tracker_plugins import RECORDING

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs/matomo.md").read_text(encoding="utf-8")
TOLD = set(re.findall(r"`([^`]+)`", DOC))

#: Methods of `Params` that read a parameter by its name.
_READ = {"text", "integer", "number", "json", "has"}


def parameters_read() -> Iterator[str]:
    """The names of tracking parameters in the engine's code and the endpoint's."""
    for folder in ("engine", "ingest"):
        for file in (ROOT / "qtd" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in _READ
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                    and isinstance(node.args[0].value, str)
                ):
                    yield node.args[0].value


def test_every_parameter_that_is_read_is_told_of() -> None:
    """By its own name."""
    names = {*parameters_read(), *PLUGINS, *COLUMNS}
    assert len(names) > 60
    assert sorted(names - TOLD) == []


@pytest.mark.parametrize("keys", [TRACKER_KEYS, GENERAL_KEYS], ids=["Tracker", "General"])
def test_every_setting_that_is_read_is_told_of(keys: frozenset[str]) -> None:
    """Those of our own file are the same."""
    assert sorted(keys - TOLD) == []


def test_every_plugin_that_records_is_told_of() -> None:
    """As one whose rows are equal."""
    (line,) = (line for line in DOC.splitlines() if line.startswith("| Actions, "))
    assert sorted(RECORDING) == line.split(" | ")[0].removeprefix("| ").split(", ")


def test_rules_that_are_named_exist() -> None:
    """A rule's name is what counters and logs show."""
    section = DOC[DOC.index("## Kept as in Matomo") : DOC.index("## Deliberate differences")]
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "qtd/engine").rglob("*.py"))
    named = [name for name in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", section) if name != "page_maximum_length"]
    assert len(named) > 8
    assert [name for name in named if f'"{name}"' not in code and name != "search_count"] == []
