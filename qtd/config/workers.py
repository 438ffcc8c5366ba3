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
    min: int | None = Field(
        None, ge=1, le=4096, description="instead of count: the supervisor runs at least so many, more on lag"
    )
    max: int | None = Field(
        None, ge=1, le=4096, description="and at most so many; null: with min, one per queue"
    )
    scale_up_lag_seconds: Seconds = Field(
        10.0, description="the oldest request waits so long, beyond batch.max_wait_seconds: twice the workers"
    )
    scale_up_pause_seconds: Seconds = Field(
        10.0, description="shortest time after a change until there are more"
    )
    scale_down_lag_seconds: float = Field(
        2.0,
        ge=0,
        le=86400,
        allow_inf_nan=False,
        description="the oldest request waits no longer than this: a worker less,",
    )
    scale_down_after_seconds: Seconds = Field(
        120.0, description="once that has been so for this long; then again as long until the next"
    )
    stuck_seconds: Seconds = Field(
        180.0, description="a worker is restarted when its queue's first request has waited so long untouched"
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
        for name in ("min", "max"):
            if self.count is not None and getattr(self, name) is not None:
                raise contradiction(name, "is set, and so is count; give either count, or min and max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise contradiction("min", f"must not exceed max ({self.max})")
        if self.scale_down_lag_seconds >= self.scale_up_lag_seconds:
            raise contradiction(
                "scale_down_lag_seconds",
                f"must be less than scale_up_lag_seconds ({self.scale_up_lag_seconds})",
            )
        return self
