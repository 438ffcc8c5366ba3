"""Our own tables: the ledger of what was applied, the dead letters, the counters, and the version of these tables."""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from qtd.store.schema.define import column, counted, index, table
from qtd.store.tally import Stage


def ledger(metadata: MetaData, prefix: str) -> Table:
    """`qtd_ledger`: per queue the fence, how many batches were applied, and the totals."""
    return table(
        f"{prefix}qtd_ledger",
        metadata,
        column("queue", "int(10) unsigned", primary_key=True),
        # raised by whoever takes the queue's lock; a batch with an older one does not commit
        column("fence", "bigint(20) unsigned", default="0"),
        column("batches", "bigint(20) unsigned", default="0"),
        column("entries", "bigint(20) unsigned", default="0"),
        column("dead_letters", "bigint(20) unsigned", default="0"),
        # Unix seconds of the last batch
        column("time", "bigint(20) unsigned", default="0"),
    )


def ledger_batch(metadata: MetaData, prefix: str) -> Table:
    """`qtd_ledger_batch`: the identities of the entries of each recent batch, 16 bytes one after the other."""
    return table(
        f"{prefix}qtd_ledger_batch",
        metadata,
        column("queue", "int(10) unsigned", primary_key=True),
        column("batch", "bigint(20) unsigned", primary_key=True),
        column("time", "bigint(20) unsigned"),
        column("identities", "mediumblob"),
    )


def dead_letter(metadata: MetaData, prefix: str) -> Table:
    """`qtd_dead_letter`: entries that could not be applied, as they were stored, with the cause."""
    return table(
        f"{prefix}qtd_dead_letter",
        metadata,
        counted("id", "bigint(20) unsigned"),
        column("queue", "int(10) unsigned"),
        column("entry", "longblob"),
        column("cause", "varchar(255)"),
        # Unix seconds at which it was given up
        column("time", "bigint(20) unsigned"),
        column("version", "varchar(40)"),
        column("attempts", "int(10) unsigned", default="1"),
        column("requests", "int(10) unsigned", default="1"),
        # where the counters have them: Unix minute, and {"idsite": requests} in JSON; null: not counted
        column("minute", "bigint(20) unsigned", default="0"),
        column("sites", "mediumtext", null=True),
        # Unix seconds at which it was announced that it will be dropped; 0: it was not
        column("warned", "bigint(20) unsigned", default="0"),
        index("index_time", "time"),
    )


def counter(metadata: MetaData, prefix: str) -> Table:
    """`qtd_counter`: requests and rows per minute, site and queue; see `qtd.store.tally`.

    Each queue has rows of its own, so that its worker never waits for another's.
    """
    return table(
        f"{prefix}qtd_counter",
        metadata,
        # Unix seconds / 60
        column("minute", "bigint(20)", primary_key=True),
        # 0: none, or none that exists
        column("idsite", "int(10) unsigned", primary_key=True),
        column("queue", "int(10) unsigned", primary_key=True),
        *(column(stage, "bigint(20)", default="0") for stage in Stage),
    )


def schema(metadata: MetaData, prefix: str) -> Table:
    """`qtd_schema`: one row, the version of our own tables."""
    return table(
        f"{prefix}qtd_schema",
        metadata,
        column("version", "int(10) unsigned", primary_key=True),
    )
