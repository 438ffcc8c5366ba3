"""`batch`: how many requests a worker records at once."""

from __future__ import annotations

from pydantic import Field

from qtd.config.section import Section


class Batch(Section):
    """What a worker takes off a queue and records in one transaction."""

    max_requests: int = Field(500, ge=1, le=100_000, description="most requests in one batch")
    max_wait_seconds: float = Field(
        1.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="longest time a request waits for others to join it",
    )
