"""`qtd process`: record what waits in the queues, then end."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from qtd.cli.setup import config_option, no_wait_option, refuse, start, stop_on_signals, wait_for
from qtd.clock import SystemClock
from qtd.errors import ConfigurationError, SchemaError, Transient
from qtd.log.logger import get_logger
from qtd.queue.open import open_queues
from qtd.store.native import NativeRecorder
from qtd.worker.assemble import WorkerParts, native_recorder, open_database
from qtd.worker.drain import drain


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
    r"""Empty the queues once: record everything that waits, then end. Queues that another worker holds are left to it.

    Exit code 0: done. 1: broker or database failed. 2: wrong usage, configuration or tables.

    \b
    Example, for a crontab:
      * * * * * qtd process --config /etc/qtd/qtd.yaml
    """
    config = start(config_path)
    if queue_id is not None and queue_id >= config.queue.count:
        refuse(
            ConfigurationError(
                f"--queue-id {queue_id}: queue.count is {config.queue.count}, so 0 to "
                f"{config.queue.count - 1}"
            )
        )
    clock, stop = SystemClock(), stop_on_signals()
    numbers = range(config.queue.count) if queue_id is None else [queue_id]
    try:
        queues, engine = open_queues(config), open_database(config)
        found: list[NativeRecorder] = []
        if not wait_for("queue", config.queue.backend, queues.ping, clock=clock, stop=stop, no_wait=no_wait):
            sys.exit(1)
        if not wait_for(
            "database",
            engine.url.render_as_string(hide_password=True),
            lambda: found.append(native_recorder(config, engine, clock)),
            clock=clock,
            stop=stop,
            no_wait=no_wait,
        ):
            sys.exit(1)
        parts = WorkerParts(
            config=config, queues=queues, recorder=found[0], clock=clock, logger=get_logger("process")
        )
        total, busy = drain(queues, numbers, parts.step(max_requests), stop)
    except (ConfigurationError, SchemaError) as error:
        refuse(error)
    except Transient as error:
        click.echo(f"qtd: {error}", err=True)
        sys.exit(1)
    click.echo(
        f"{total.recorded} recorded, {total.excluded} excluded, {total.dead} dead, "
        f"{total.repeated} recorded before"
    )
    if busy:
        click.echo(f"left to another worker: queue {', '.join(map(str, busy))}")
    if as_json:
        totals = {
            "recorded": total.recorded,
            "excluded": total.excluded,
            "dead": total.dead,
            "repeated": total.repeated,
            "busy": busy,
        }
        click.echo(orjson.dumps(totals).decode())
