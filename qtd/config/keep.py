"""`keep`: how long recording remembers what it keeps beside the rows."""

from __future__ import annotations

from pydantic import Field

from qtd.config.section import Section


class Keep(Section):
    """What recording keeps beside the rows, and for how long."""

    identities_minutes: int = Field(
        60,
        ge=1,
        le=10_080,
        description="recorded requests are known again for so long, should the broker come back in an earlier state",
    )
    identities: int = Field(
        500_000,
        ge=1_000,
        le=10_000_000,
        description="and at most so many of each queue; a worker needs 110 bytes of memory for each",
    )
    dead_letters_days: int = Field(
        90, ge=1, le=3_650, description="dead letters older than this are dropped, after a warning"
    )
    dead_letters: int = Field(
        100_000,
        ge=100,
        le=10_000_000,
        description="beyond so many the oldest ones are dropped, after a warning",
    )
    counters_days: int = Field(
        14, ge=1, le=365, description="how far back qtd audit can count: per site, minute and queue"
    )
