"""`qtd bench process`: how fast one worker records page views."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from cProfile import Profile
from pathlib import Path
from random import Random
from time import perf_counter, process_time

import click
import orjson
from rich.console import Console
from sqlalchemy import Engine

from qtd.cli.bench.entries import entries_of
from qtd.cli.bench.garbage import spoil
from qtd.cli.bench.ground import configuration, tables
from qtd.cli.bench.measured import GarbagePace, Measured, Pace
from qtd.cli.bench.page_views import page_views
from qtd.cli.bench.rounds import Spread
from qtd.cli.bench.stages import STAGES, counted_statements, stopwatch
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.engine import parse_url
from qtd.errors import QtdError
from qtd.log.logger import get_logger
from qtd.log.output import configure
from qtd.queue.memory import MemoryQueues
from qtd.store.native import BatchResult
from qtd.worker.assemble import WorkerParts, native_recorder
from qtd.worker.batch import BatchStep

#: Before the first round: what happens once in a worker's life is not measured.
_WARM_UP = 1000

#: Rounds with garbage have visitors of their own, with these numbers added to the round's.
_OTHERS = 1_000_000


@click.command()
@click.option(
    "--requests", type=click.IntRange(1), default=20_000, show_default=True, help="Page views of each round."
)
@click.option("--batch", type=click.IntRange(1), default=500, show_default=True, help="Page views at once.")
@click.option("--hits-per-visit", type=click.IntRange(1), help="Page views of each visitor (default: 10).")
@click.option("--visitors", type=click.IntRange(1), help="The same, by the number of visitors of each round.")
@click.option(
    "--agents",
    type=click.IntRange(1),
    help="So many different user agents in each round, none of which was seen before"
    " (default: a few dozen common ones).",
)
@click.option(
    "--garbage",
    type=click.FloatRange(min=0, max=100, min_open=True),
    metavar="PERCENT",
    help="Repeat each round with new page views, so many of which nobody can decode, and compare.",
)
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="How often it is repeated."
)
@click.option(
    "--db",
    "database",
    metavar="URL",
    help="Database to write to; its tables are named qtd_bench_… and removed (default: a temporary SQLite file).",
)
@click.option(
    "--profile",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Run one round more under cProfile and write what it saw to FILE (for `python -m pstats`).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, last.")
def process(
    *,
    requests: int,
    batch: int,
    hits_per_visit: int | None,
    visitors: int | None,
    agents: int | None,
    garbage: float | None,
    rounds: int,
    database: str | None,
    profile: Path | None,
    as_json: bool,
) -> None:
    """Fill a queue in memory with generated page views, and time a worker that records them.

    Each round has new visitors; the rows of earlier rounds stay. One round more tells where the time goes.

    Exit code 0: measured. 1: the database failed, or not everything was recorded. 2: wrong usage.

    \b
    Example:
      qtd bench process --requests 10000 --hits-per-visit 1
      qtd bench process --garbage 1
      qtd bench process --db mysql+pymysql://root@127.0.0.1/test --json
    """
    if visitors is not None and hits_per_visit is not None:
        raise click.UsageError("--visitors and --hits-per-visit say the same: give one of the two")
    if visitors is not None and visitors > requests:
        raise click.UsageError("more visitors than page views")
    hits = hits_per_visit or (requests // visitors if visitors else min(10, requests))
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="qtd-bench-") as folder, ExitStack() as ending:
        # Each piece of garbage is told as an error: that takes its time too, but nobody wants to read it.
        log = None if garbage is None else ending.enter_context((Path(folder) / "log").open("w"))
        configure(level="warning", stream=log)
        url = database or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        kind = parse_url(url).get_backend_name()
        config = Config.model_validate(
            configuration(
                url,
                {"backend": "memory", "count": 1},
                batch={"max_requests": batch},
                state_directory=folder,
            )
        )
        measured = _measure(
            config,
            lambda round_, count: entries_of(
                page_views(count, hits_per_visit=hits, agents=agents, seed=round_), config
            ),
            requests=requests,
            rounds=rounds,
            garbage=garbage,
            console=console,
            profile=profile,
        )
    shown = f"{agents:,} new user agents" if agents else "common user agents"
    click.echo(
        f"{kind}, {batch} at once, {hits} page view(s) a visit, {shown}, rounds of {measured.requests:,}"
    )
    for line in measured.lines():
        click.echo(line)
    if as_json:
        asked = {"database": kind, "batch": batch, "hits_per_visit": hits, "agents": agents}
        click.echo(orjson.dumps({"benchmark": "process"} | asked | measured.as_dict()).decode())


def _measure(
    config: Config,
    entries: Callable[[int, int], Sequence[bytes]],
    *,
    requests: int,
    rounds: int,
    garbage: float | None,
    console: Console,
    profile: Path | None,
) -> Measured:
    clock = SystemClock()
    with tables(config) as engine, closing(MemoryQueues(count=1, clock=clock)) as queues:
        recorder = native_recorder(config, engine, clock)
        parts = WorkerParts(
            config=config, queues=queues, recorder=recorder, clock=clock, logger=get_logger("bench")
        )
        step = parts.step()
        _time(queues, step, entries(0, _WARM_UP))
        clean, dirty = _Rounds(queues, step), _Rounds(queues, step)
        for number in range(1, rounds + 1):
            with console.status(f"round {number} of {rounds}"):
                clean.add(entries(number, requests))
            console.print(f"round {number}: {clean.rates[-1]:,.0f} hits/s", highlight=False)
            if garbage is not None:
                others = entries(_OTHERS + number, requests)
                dirty.add(*spoil(others, percent=garbage, random=Random(number)))
                console.print(f"  with garbage: {dirty.rates[-1]:,.0f} entries/s", highlight=False)
        stages, statements = _look_inside(engine, queues, step, entries(rounds + 1, requests))
        if profile is not None:
            waiting = entries(rounds + 2, requests)
            with Profile() as profiler:
                _time(queues, step, waiting)
            profiler.dump_stats(profile)
    with_garbage = None
    if garbage is not None:
        shares = [one / other for one, other in zip(dirty.rates, clean.rates, strict=True)]
        with_garbage = GarbagePace(percent=garbage, pace=dirty.pace, share=Spread.of(shares))
    return Measured(
        requests=requests,
        pace=clean.pace,
        with_garbage=with_garbage,
        stages=stages,
        statements=statements,
    )


class _Rounds:
    """Times round after round."""

    def __init__(self, queues: MemoryQueues, step: BatchStep) -> None:
        self._queues = queues
        self._step = step
        self.rates: list[float] = []
        self._processor: list[float] = []

    @property
    def pace(self) -> Pace:
        """Of at least one round."""
        return Pace(rate=Spread.of(self.rates), processor=Spread.of(self._processor))

    def add(self, entries: Sequence[bytes], dead: int = 0) -> None:
        """Time one."""
        used = process_time()
        seconds = _time(self._queues, self._step, entries, dead=dead)
        self._processor.append((process_time() - used) / len(entries) * 1e6)
        self.rates.append(len(entries) / seconds)


def _time(queues: MemoryQueues, step: BatchStep, entries: Sequence[bytes], *, dead: int = 0) -> float:
    """Seconds in which the worker's own steps record the entries, but for those that are `dead`.

    Raises QtdError where they do not.
    """
    queues.push([(0, entry) for entry in entries])
    total = BatchResult()
    with step.hold(0) as hold:
        if hold is None:
            raise QtdError("the queue in memory is locked")
        began = perf_counter()
        while (result := step.run(hold)) is not None:
            total.add(result)
        seconds = perf_counter() - began
    if (total.recorded, total.dead) != (len(entries) - dead, dead):
        raise QtdError(
            f"of {len(entries)} page views only {total.recorded} were recorded, {total.dead} are dead"
        )
    return seconds


def _look_inside(
    engine: Engine, queues: MemoryQueues, step: BatchStep, entries: Sequence[bytes]
) -> tuple[dict[str, float], dict[str, float]]:
    """Microseconds for each request by stage, statements for each batch by kind."""
    with stopwatch(engine) as seconds, counted_statements(engine) as statements:
        whole = _time(queues, step, entries)
    batches = -(-len(entries) // step.max_requests)
    stages = {stage: seconds[stage] / len(entries) * 1e6 for stage in STAGES}
    stages["other"] = whole / len(entries) * 1e6 - sum(stages.values())
    return stages, {kind: count / batches for kind, count in statements.most_common()}
