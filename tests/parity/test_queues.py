from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from qtd.clock import SystemClock
from qtd.db.engine import open_engine
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.engine.settings import Settings
from qtd.parity.run import Runner
from qtd.parity.scenario import Rows, Scenario, read_scenarios, read_world
from qtd.queue.routing import Router
from qtd.wire.request_set import RequestSet, decode, encode
from tests.parity.conftest import RECORDINGS

#: Numbers of rows in the order of their writing, which is another one when queues take turns.
NUMBERS = ("idvisit", "idlink_va", "last_idlink_va")
QUEUES = 4


class OverQueues(Runner):
    """Distributes the entries over queues as they would come in, and works on the queues in turns of any length."""

    seed = 0

    def split(self, request_sets: Sequence[RequestSet], settings: Settings) -> Iterator[Sequence[RequestSet]]:
        """Yield batches from queues drawn at random."""
        router = Router(count=QUEUES, settings=lambda: settings, zero_ids_by_address=False)
        queues: dict[int, list[RequestSet]] = defaultdict(list)
        for request_set in request_sets:
            for queue, stored in router.route(0, encode(request_set)):
                queues[queue].append(decode(stored))
        assert len(queues) > 1
        random = Random(self.seed)
        while queues:
            queue = random.choice(sorted(queues))
            size = random.randint(1, 40)
            yield queues[queue][:size]
            del queues[queue][:size]
            if not queues[queue]:
                del queues[queue]


def of_visitors(rows: Rows, visitors: set[str]) -> dict[str, Counter[str]]:
    """Return the rows of these visitors, without the numbers that depend on the order between visitors."""
    tables = ("log_visit", "log_link_visit_action", "log_conversion")
    return {
        table: Counter(
            json.dumps({name: value for name, value in row.items() if name not in NUMBERS}, default=str)
            for row in rows[table]
            if row["idvisitor"] in visitors
        )
        for table in tables
    }


def with_a_device_of_their_own(visits: Sequence[dict[str, Any]]) -> set[str]:
    """Return the visitors whose devices nobody else has: nobody else's hits can become theirs, or theirs another's."""
    owners: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in visits:
        owners[row["idsite"], row["config_id"]].add(row["idvisitor"])
    shared = {visitor for one in owners.values() if len(one) > 1 for visitor in one}
    return {row["idvisitor"] for row in visits} - shared


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "scenario", list(read_scenarios(RECORDINGS / "traffic.json.gz")), ids=lambda one: one.name
)
def test_queues_make_no_difference(
    scenario: Scenario, outside: Callable[[FingerprintSalts], Outside], tmp_path: Path
) -> None:
    """Visitors with a device of their own get the same rows from four queues as from one, whoever is faster."""
    world = read_world(RECORDINGS / "world.json")
    engine = open_engine(f"sqlite:///{tmp_path}/parity.sqlite3")
    expected = Runner(engine, world, outside, clock=SystemClock()).rows(scenario)
    over_queues = OverQueues(engine, world, outside, clock=SystemClock())
    for seed in (1, 2):
        over_queues.seed = seed
        got = over_queues.rows(scenario)
        visitors = with_a_device_of_their_own(expected["log_visit"])
        visitors &= with_a_device_of_their_own(got["log_visit"])
        assert len(visitors) >= 5
        assert of_visitors(got, visitors) == of_visitors(expected, visitors)
    engine.dispose()
