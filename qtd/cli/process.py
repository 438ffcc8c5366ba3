"""`qtd process`: record what waits in the queues, then end."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from qtd.cli.setup import (
    config_option,
    fail,
    no_wait_option,
    refuse,
    refuse_memory,
    start,
    stop_on_signals,
)
from qtd.cli.stage import Stage
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, Transient
from qtd.log.logger import get_logger
from qtd.worker.assemble import WorkerParts
from qtd.worker.drain import Drain


@click.command()
@click.option("--queue-id", type=click.IntRange(min=0), help="Only this queue (from 0).")
@click.option(
    "--force-num-requests-process-at-once",
    "max_requests",
    type=click.IntRange(min=1),
    help="Requests in one batch (default: batch.max_requests).",
)
@click.option("--json", "as_json", is_flag=True, help="Print what became of the requests as JSON, last.")
@config_option
@no_wait_option
def command(
    *, queue_id: int | None, max_requests: int | None, as_json: bool, config_path: Path | None, no_wait: bool
) -> None:
    """Empty the queues once: record what waits in each when its turn comes, then end.

    Queues that another worker holds are left to it. While broker or database are away it waits; --no-wait ends it
    instead, as is right for a crontab that starts it again anyway. SIGTERM or Ctrl-C ends it after the batch that has
    begun.

    Exit code 0: done. 1: broker or database failed, or it was asked to end before it was done. 2: wrong usage,
    configuration or tables.

    \b
    Example, for a crontab:
      * * * * * qtd process --no-wait --config /etc/qtd/qtd.yaml
    """
    config = start(config_path)
    refuse_memory(config)
    numbers = _numbers(config, queue_id)
    clock, stop = SystemClock(), stop_on_signals()
    with Stage(config, clock, holder="process") as stage:
        if not stage.reach(stop, no_wait=no_wait):
            fail("asked to end before it began")
        parts = WorkerParts(
            config=config,
            queues=stage.queues,
            recorder=stage.recorder,
            clock=clock,
            logger=get_logger("process"),
        )
        drain = Drain(numbers, parts.step(max_requests), stop)
        try:
            drain.persist(
                broker=parts.outage(stage.broker),
                database=parts.outage(stage.database),
                backoff=parts.backoff(),
                give_up=no_wait,
            )
        except Transient as error:
            _print(drain, as_json=as_json)
            fail(str(error))
        _print(drain, as_json=as_json)
        if not drain.finished:
            fail("asked to end before it was done")


def _numbers(config: Config, queue_id: int | None) -> list[int]:
    """The queues to empty; ends the process with exit code 2 where there is no such queue."""
    count = config.queue.count
    if queue_id is None:
        return list(range(count))
    if queue_id >= count:
        refuse(ConfigurationError(f"--queue-id {queue_id}: queue.count is {count}, so 0 to {count - 1}"))
    return [queue_id]


def _print(drain: Drain, *, as_json: bool) -> None:
    total = drain.total
    click.echo(
        f"{total.recorded} recorded, {total.excluded} excluded, {total.dead} dead, "
        f"{total.repeated} recorded before"
    )
    if drain.busy:
        click.echo(f"left to another worker: queue {', '.join(map(str, drain.busy))}")
    if as_json:
        totals = {
            "recorded": total.recorded,
            "excluded": total.excluded,
            "dead": total.dead,
            "repeated": total.repeated,
            "busy": drain.busy,
        }
        click.echo(orjson.dumps(totals).decode())
