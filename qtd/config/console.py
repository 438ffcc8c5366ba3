"""`console`: how engine console runs the PHP plugin."""

from __future__ import annotations

from pydantic import Field

from qtd.config.section import ListOf, Section
from qtd.config.values import Seconds, Text


class Console(Section):
    """With engine console: how the plugin's queuedtracking:process is run (see docs/engines.md)."""

    php: ListOf[Text] = Field(
        ("php",), min_length=1, description="PHP's command line program, with options for it"
    )
    user: Text | None = Field(
        None, description="who runs it, the owner of Matomo's tmp folder; null: who runs the worker"
    )
    max_requests: int = Field(
        50, ge=1, le=10_000, description="most entries that the plugin takes in one transaction"
    )
    time_limit_seconds: Seconds = Field(
        900.0, description="a run that takes longer is ended: SIGTERM, and SIGKILL ten seconds later"
    )
    stop_seconds: float = Field(
        30.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="how long a run may go on when the worker is asked to end; then it gets SIGTERM",
    )
