"""`workers`: how many there are, and how they behave when something fails."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from qtd.config.section import Section, contradiction
from qtd.config.values import Seconds


class Workers(Section):
    """The processes that record what waits in the queues."""

    count: int | None = Field(
        None, ge=1, le=4096, description="number of workers, at most queue.count; null: one per queue"
    )
    lock_seconds: int = Field(
        60, ge=5, le=3600, description="how long a queue stays locked when its worker dies without a word"
    )
    retry_min_seconds: Seconds = Field(
        0.5, description="pause after a first failure; doubles with each further"
    )
    retry_max_seconds: Seconds = Field(30.0, description="longest pause between two attempts")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.retry_min_seconds > self.retry_max_seconds:
            raise contradiction(
                "retry_min_seconds", f"must not exceed retry_max_seconds ({self.retry_max_seconds})"
            )
        return self
