"""The work of `qtd parity`: files in, differences and totals out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from qtd.clock import Clock, SystemClock
from qtd.db.engine import open_engine
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.errors import QtdError
from qtd.parity.run import Batches, Runner
from qtd.parity.scenario import Scenario, read_scenarios, read_world
from qtd.parity.summary import Summary, describe

#: Lies beside the scenarios.
WORLD = "world.json"


def run_files(
    files: Sequence[Path],
    *,
    outside: Callable[[FingerprintSalts], Outside],
    show: Callable[[str], None],
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    database: str | None = None,
    world: Path | None = None,
    batches: Batches = "one",
    seed: int | None = None,
    clock: Clock | None = None,
) -> Summary:
    """Run the scenarios of all files; `show` is given a line at a time, `progress` done and all scenarios.

    `database` is emptied of everything tracked; null takes a temporary SQLite file. `world` is the world file,
    by default the one beside the first file.

    Raises:
        ConfigurationError: a file can not be read, or the database's URL is none.
        QtdError: the database can not be used.
    """
    scenarios = [scenario for path in files if path.name != WORLD for scenario in read_scenarios(path)]
    given = read_world(world or files[0].parent / WORLD)
    summary = Summary()
    with _database(database) as url:
        engine = open_engine(url)
        try:
            runner = Runner(
                engine,
                given,
                outside,
                clock=clock or SystemClock(),
                batches=batches,
                random=Random(seed),
            )
            for done, scenario in enumerate(scenarios):
                progress(done, len(scenarios))
                _run_one(runner, scenario, summary, show)
            progress(len(scenarios), len(scenarios))
        finally:
            engine.dispose()
    return summary


def _run_one(runner: Runner, scenario: Scenario, summary: Summary, show: Callable[[str], None]) -> None:
    """Run a scenario; one that fails must not keep the others from running, and is never equal."""
    try:
        comparison = runner.run(scenario)
    except QtdError as error:
        summary.add_failed(scenario)
        show(f"{scenario.group}: {scenario.name}: {type(error).__name__}: {error}")
        return
    summary.add(scenario, comparison)
    if comparison.differences:
        for line in describe(scenario, comparison):
            show(line)


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="qtd-parity-") as folder:
        yield f"sqlite:///{folder}/parity.sqlite3"
