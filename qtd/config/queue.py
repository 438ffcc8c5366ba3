"""`queue`: where accepted requests wait, and in how many queues."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from qtd.config.database import Connection
from qtd.config.section import Section, contradiction


class Queue(Section):
    """The queues between accepting and recording."""

    enabled: bool = Field(
        True,
        description="false: new requests are recorded at once, before the answer; what waits still is processed",
    )
    backend: Literal["redis", "sql", "memory"] = Field(
        "redis", description="redis, sql (tables of a database) or memory (lost at the end; for trials only)"
    )
    count: int = Field(
        4, ge=1, le=4096, description="number of queues; a visitor's requests always go to the same one"
    )
    zero_ids_by_address: bool = Field(
        True,
        description="spread visitors whose id is all zeros by address; false: all in queue 0, as the plugin",
    )
    entries: Literal["plugin", "compact"] | None = Field(
        None,
        description="plugin: PHP reads them too; compact: a third of the memory; null: plugin with redis, else compact",
    )
    database: Connection | None = Field(
        None, description="with backend sql: the database of the queues; null: the same as the rows'"
    )

    @property
    def entry_form(self) -> Literal["plugin", "compact"]:
        """How entries are written: so that the plugin's processors could read them, unless there can be none."""
        return self.entries or ("plugin" if self.backend == "redis" else "compact")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.database is not None and self.backend != "sql":
            raise contradiction("database", f"is set, but backend is {self.backend}")
        return self
