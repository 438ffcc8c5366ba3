"""`spool`: where requests are kept while the broker takes none."""

from __future__ import annotations

from pydantic import Field

from qtd.config.section import Section
from qtd.config.values import PathValue, Seconds


class Spool(Section):
    """Files on local disk that take accepted requests while the broker is away."""

    enabled: bool | None = Field(
        None, description="null: where its folder can be written to and queue.backend is not memory"
    )
    directory: PathValue | None = Field(
        None, description="folder on a local disk, of this machine alone; null: spool in state_directory"
    )
    max_bytes: int = Field(
        1024**3,
        ge=1024**2,
        le=1024**4,
        description="most it may hold; beyond, requests are answered with status 503",
    )
    push_deadline_seconds: Seconds = Field(
        2.0, description="a push that takes longer counts as failed, and its requests are spooled"
    )
