"""`qtd process`: record what waits in the queues, then end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import click
import orjson

from qtd.cli.from_plugin import plugin_step
from qtd.cli.process_options import console_options, cycle_options, queue_options
from qtd.cli.setup import (
    config_option,
    fail,
    log_as_configured,
    no_wait_option,
    refuse,
    refuse_memory,
    start,
    stop_on_signals,
)
from qtd.cli.stage import Stage
from qtd.clock import Clock, SystemClock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, Transient
from qtd.log.logger import get_logger
from qtd.worker.assemble import WorkerParts
from qtd.worker.batch import BatchStep
from qtd.worker.cycles import Cycles
from qtd.worker.drain import Drain
from qtd.worker.numbering import NumberWatch


@click.command()
@queue_options
@cycle_options
@click.option(
    "--from-plugin-mysql",
    is_flag=True,
    help="Take what the plugin's MySQL backend has queued in Matomo's database, instead of what waits in our queues.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what became of the requests as JSON, last.")
@config_option
@no_wait_option
@console_options
def command(
    *,
    queue_id: int | None,
    max_requests: int | None,
    at_least: int | None,
    cycle: int,
    sleep: int,
    delay: int,
    from_plugin_mysql: bool,
    as_json: bool,
    config_path: Path | None,
    no_wait: bool,
    verbose: int,
    quiet: bool,
) -> None:
    """Empty the queues once: record what waits in each when its turn comes, then end.

    The options are those of the plugin's queuedtracking:process, so its line in a crontab goes on working with
    "qtd process" in the place of "php …/console queuedtracking:process".

    Queues that another worker or a PHP processor holds are left to it. While broker or database are away it waits;
    --no-wait ends it instead, as is right for a crontab that starts it again anyway. SIGTERM or Ctrl-C ends it after
    the batch that has begun.

    Exit code 0: done; with --cycle 0 also: stopped. 1: broker or database failed, or it was asked to end before it was
    done. 2: wrong usage, configuration or tables.

    \b
    Example, for a crontab:
      * * * * * qtd process --no-wait --config /etc/qtd/qtd.yaml
      * * * * * qtd process --queue-id=0 --cycle=5 --sleep=10
    Once, when moving from the plugin's MySQL backend:
      qtd process --from-plugin-mysql
    """
    config = start(config_path)
    _log_level(config, verbose=verbose, quiet=quiet)
    refuse_memory(config)
    if config.engine == "console":
        refuse(
            ConfigurationError(
                "engine: 'console': a crontab can run the plugin's queuedtracking:process itself; or use qtd worker"
            )
        )
    if not from_plugin_mysql:
        _check(config, queue_id)
    clock, stop = SystemClock(), stop_on_signals()
    with Stage(config, clock, holder="process") as stage:
        if not stage.reach(stop, no_wait=no_wait):
            fail("asked to end before it began")
        work = _Work(
            config=config,
            stage=stage,
            clock=clock,
            stop=stop,
            queue_id=queue_id,
            max_requests=max_requests,
            from_plugin_mysql=from_plugin_mysql,
            no_wait=no_wait,
        )
        cycles = Cycles(
            work.drain,
            least=at_least or max_requests or 1,
            count=cycle,
            pause_seconds=sleep,
            clock=clock,
            stop=stop,
        )

        try:
            cycles.run(work.persist)
        except Transient as error:
            _print(cycles, as_json=as_json, quiet=quiet)
            fail(str(error))
        _print(cycles, as_json=as_json, quiet=quiet)
        if not cycles.finished:
            fail("asked to end before it was done")
        clock.wait(delay, stop)


class _Work:
    """The queues in force, whatever number that becomes meanwhile; or the plugin's, in Matomo's database."""

    def __init__(
        self,
        *,
        config: Config,
        stage: Stage,
        clock: Clock,
        stop: Event,
        queue_id: int | None,
        max_requests: int | None,
        from_plugin_mysql: bool,
        no_wait: bool,
    ) -> None:
        """Bring the number of queues to the configured one, unless only one of them is meant."""
        self._config = config
        self._stage = stage
        self._clock = clock
        self._stop = stop
        self._queue_id = queue_id
        self._max_requests = max_requests
        self._from_plugin_mysql = from_plugin_mysql
        self._no_wait = no_wait
        self._parts = self._settled(config.queue.count if queue_id is None else None)

    def drain(self, least: int) -> Drain:
        """Empty them once."""
        numbers, step, settled = self._present()
        return Drain(numbers, step, self._stop, least=least, settled=settled)

    def persist(self, drain: Drain) -> None:
        """Let a drain come to its end. Raises what `Drain.persist` raises."""
        while True:
            drain.persist(
                broker=self._parts.outage(self._stage.broker),
                database=self._parts.outage(self._stage.database),
                backoff=self._parts.backoff(),
                give_up=self._no_wait,
            )
            if drain.finished or self._stop.is_set():
                return
            self._parts = self._settled(None)
            numbers, step, settled = self._present()
            drain.resume(numbers, step, settled=settled)

    def _settled(self, wanted: int | None) -> WorkerParts:
        logger = get_logger("process")
        queues = self._stage.settle(wanted, self._stop, no_wait=self._no_wait, logger=logger)
        if queues is None:
            fail("asked to end before it was done")
        return WorkerParts(
            config=self._config,
            queues=queues,
            recorder=self._stage.recorder,
            clock=self._clock,
            logger=logger,
        )

    def _present(self) -> tuple[Sequence[int], BatchStep, Callable[[], bool]]:
        """Queues, how a batch of theirs is recorded, and whether their number is still in force."""
        parts = self._parts
        step = parts.step(self._max_requests)
        if self._from_plugin_mysql:
            step, numbers = plugin_step(parts, step, self._stage.database_engine, self._queue_id)
            return numbers, step, lambda: True
        numbers = [queue for queue in range(parts.queues.count) if self._queue_id in (None, queue)]
        return numbers, step, NumberWatch(parts.queues, self._clock)


def _log_level(config: Config, *, verbose: int, quiet: bool) -> None:
    """Let the log tell more, or less, than the configuration says."""
    level = "debug" if verbose > 1 else "info" if verbose else "warning" if quiet else None
    if level is not None:
        log = config.log.model_copy(update={"level": level})
        log_as_configured(config.model_copy(update={"log": log}), "qtd")


def _check(config: Config, queue_id: int | None) -> None:
    """End the process with exit code 2 where there is no such queue."""
    count = config.queue.count
    if queue_id is not None and queue_id >= count:
        refuse(ConfigurationError(f"--queue-id {queue_id}: queue.count is {count}, so 0 to {count - 1}"))


def _print(cycles: Cycles, *, as_json: bool, quiet: bool) -> None:
    total = cycles.total
    if not quiet:
        click.echo(
            f"{total.recorded} recorded, {total.excluded} excluded, {total.dead} dead, "
            f"{total.repeated} recorded before"
        )
        if cycles.busy:
            click.echo(f"left to another worker: queue {', '.join(map(str, cycles.busy))}")
    if as_json:
        totals = {
            "recorded": total.recorded,
            "excluded": total.excluded,
            "dead": total.dead,
            "repeated": total.repeated,
            "busy": cycles.busy,
        }
        click.echo(orjson.dumps(totals).decode())
