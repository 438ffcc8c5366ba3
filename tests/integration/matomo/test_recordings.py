from __future__ import annotations

from threading import Event

import orjson
import pytest

from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.transaction import reading
from qtd.log.logger import get_logger
from qtd.parity.canonical import canonical_rows
from qtd.parity.compare import compare
from qtd.parity.scenario import Scenario, read_scenarios, read_world
from qtd.parity.summary import describe
from qtd.parity.world import WorldDatabase
from qtd.queue.memory import MemoryQueues
from qtd.store.native import NativeRecorder
from qtd.store.outside import gather, synchronised_lists
from qtd.store.salts import StoredSalts
from qtd.store.settings.beside_matomo import beside_matomo
from qtd.worker.assemble import WorkerParts, open_database, settings_source
from qtd.worker.drain import Drain
from tests.integration.matomo.conftest import PREFIX
from tests.integration.matomo.installation import MatomoFolder
from tests.parity.conftest import RECORDINGS

WORLD = read_world(RECORDINGS / "world.json")


def stored(scenario: Scenario) -> list[bytes]:
    """The scenario's entries as they lie in a queue, told apart by an identifier of our own."""
    return [
        orjson.dumps({**entry, "id": f"{scenario.group}/{scenario.name}/{number}"})
        for number, entry in enumerate(scenario.entries)
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", ["pages", "visits"])
def test_a_worker_beside_matomo_writes_its_rows(matomo: MatomoFolder, group: str) -> None:
    """Database, prefix, salt, settings, lists and patterns all come from the folder; the rows are those recorded.

    Each scenario's configuration is written into config.ini.php, and its entries go through a queue.
    """
    clock = SystemClock()
    config = beside_matomo(
        Config.model_validate({"matomo": {"path": str(matomo.path)}, "queue": {"count": 1}})
    )
    engine = open_database(config)
    world = WorldDatabase(engine, WORLD, PREFIX)
    salts = StoredSalts(engine, PREFIX, clock=clock)
    settings = settings_source(config, engine, clock).current()
    outside = gather(
        salts, matomo_path=config.matomo.path, options=synchronised_lists(engine, PREFIX, settings)
    )
    different: list[str] = []
    scenarios = list(read_scenarios(RECORDINGS / f"{group}.json"))
    for scenario in scenarios:
        world.begin(scenario)
        matomo.configure(
            {**scenario.config, "General": {"salt": WORLD.salt, **scenario.config.get("General", {})}}
        )
        source = settings_source(config, engine, clock)
        queues = MemoryQueues(count=1, clock=clock)
        queues.push([(0, entry) for entry in stored(scenario)])
        recorder = NativeRecorder(engine, PREFIX, settings=source, outside=outside, clock=clock)
        parts = WorkerParts(
            config=config, queues=queues, recorder=recorder, clock=clock, logger=get_logger("test")
        )
        drain = Drain([0], parts.step(), Event())
        drain.run()
        assert drain.total.dead == 0
        with reading(engine) as connection:
            rows = canonical_rows(connection, world.tables, world.dialect)
        comparison = compare(scenario.rows, rows)
        if comparison.differences:
            different += describe(scenario, comparison)
    engine.dispose()
    assert different == []
    assert len(scenarios) > 30
