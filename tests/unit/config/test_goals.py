from __future__ import annotations

from pathlib import Path

import pytest

from qtd.config import load
from qtd.engine.site import Goal
from qtd.errors import ConfigurationError
from qtd.store.settings.own_file import configured_by

SITE = "sites: [{idsite: 1, name: a, main_url: 'http://a.example', goals: [%s]}]\n"


def goals(tmp_path: Path, *written: str) -> tuple[Goal, ...]:
    """Return the goals of a site as the engine gets them."""
    path = tmp_path / "qtd.yaml"
    path.write_text(SITE % ", ".join(written))
    return configured_by(load(path)).sites[1].goals


def test_goals_reach_the_engine(tmp_path: Path) -> None:
    """With every key, and with none but what is needed."""
    full = (
        "{idgoal: 7, name: Order, match_attribute: event_action, pattern: buy, pattern_type: exact,"
        " case_sensitive: true, allow_multiple: true, revenue: 2.5, event_value_as_revenue: true}"
    )
    assert goals(tmp_path, full, "{idgoal: 8, name: Thanks, pattern: /thanks}") == (
        Goal(
            idgoal=7,
            match_attribute="event_action",
            pattern="buy",
            pattern_type="exact",
            case_sensitive=True,
            allow_multiple=True,
            revenue=2.5,
            event_value_as_revenue=True,
        ),
        Goal(idgoal=8, match_attribute="url", pattern="/thanks", pattern_type="contains"),
    )


def test_goals_by_hand_need_no_pattern(tmp_path: Path) -> None:
    """Only requests that name them convert them."""
    assert goals(tmp_path, "{idgoal: 1, name: Call, match_attribute: manually}")[0].pattern == ""


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{idgoal: 1, name: a}", "sites[0].goals[0].pattern: is needed"),
        ("{idgoal: 0, name: a, pattern: b}", "sites[0].goals[0].idgoal: 0: must be at least 1"),
        (
            "{idgoal: 1, name: a, pattern: '5', match_attribute: visit_duration}",
            "sites[0].goals[0].pattern_type",
        ),
        (
            "{idgoal: 1, name: a, pattern: b}, {idgoal: 1, name: c, pattern: d}",
            "sites[0].goals: idgoal 1 is there",
        ),
    ],
)
def test_mistakes_name_the_key(tmp_path: Path, written: str, problem: str) -> None:
    """The path leads to the goal that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        goals(tmp_path, written)
    assert problem in caught.value.problems[0]
