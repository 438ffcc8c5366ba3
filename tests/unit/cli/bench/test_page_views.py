from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from qtd.cli.bench.page_views import different_agents, page_views
from qtd.demo.device import load_devices


def agent_of(headers: str) -> str:
    """The user agent among header lines."""
    found = re.search(r"^User-Agent: (.*?)\r$", headers, re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize("hits", [1, 10])
def test_each_visitor_has_as_many_page_views_as_asked_for(hits: int) -> None:
    """Most visitors have all of their page views; only those whose visit has not ended have fewer."""
    views = Counter(view.params["_id"] for view in page_views(3000, hits_per_visit=hits))
    assert views.total() == 3000
    assert max(views.values()) == hits
    unfinished = sum(number < hits for number in views.values())
    assert unfinished <= 200


def test_visits_go_on_side_by_side() -> None:
    """Two page views of a visitor seldom follow each other directly."""
    visitors = [view.params["_id"] for view in page_views(2000, hits_per_visit=10)]
    directly = sum(first == second for first, second in pairwise(visitors))
    assert directly < 40


def test_another_seed_has_other_visitors() -> None:
    """Rounds do not continue each other's visits."""
    first, second = (
        {view.params["_id"] for view in page_views(500, hits_per_visit=1, seed=seed)} for seed in (1, 2)
    )
    assert not first & second


def test_agents_are_as_many_as_asked_for_and_new_for_each_seed() -> None:
    """With 100 agents exactly so many come, and none of them with another seed."""
    first, second = (
        {agent_of(view.headers) for view in page_views(500, hits_per_visit=1, agents=100, seed=seed)}
        for seed in (1, 2)
    )
    assert len(first) == len(second) == 100
    assert not first & second


def test_different_agents_are_different_and_still_browsers() -> None:
    """Thousands of agents, no two alike, each as its device's but for a version."""
    devices = load_devices().items
    made = different_agents(devices, 5000)
    assert len({device.agent for device in made}) == 5000
    assert all(device.agent.startswith("Mozilla/5.0 (") for device in made)
