"""`qtd process --from-plugin-mysql`: the plugin's own queues in Matomo's database, as a drain empties them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine

from qtd.cli.setup import refuse
from qtd.errors import ConfigurationError
from qtd.queue.plugin_mysql import PluginMysqlQueues
from qtd.worker.assemble import WorkerParts
from qtd.worker.batch import BatchStep
from qtd.worker.keeping import LockKeeper
from qtd.worker.plugin_queues import OfPlugin


def plugin_step(
    parts: WorkerParts, step: BatchStep, engine: Engine, queue_id: int | None
) -> tuple[BatchStep, Sequence[int]]:
    """Return the same step over the plugin's queues, and their numbers, or the one that is asked for.

    Ends the process with exit code 2 where there is no such queue. Raises SchemaError where the plugin's tables are
    not in the database, BrokerUnavailable.
    """
    config = parts.config
    if config.engine == "console":
        refuse(
            ConfigurationError(
                "engine: 'console': the plugin records by itself what it has queued; use native"
            )
        )
    plugin = PluginMysqlQueues(engine, prefix=config.database.tables_prefix)
    plugin.ping()
    count = len(plugin.lengths())
    if queue_id is not None and queue_id >= count:
        refuse(
            ConfigurationError(f"--queue-id {queue_id}: the plugin has used {count} queues in this database")
        )
    keeper = LockKeeper(plugin, seconds=step.lock_seconds, clock=step.clock)
    step = replace(step, queues=plugin, recorder=OfPlugin(step.recorder), keep=keeper.keep)
    return step, range(count) if queue_id is None else [queue_id]
