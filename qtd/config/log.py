"""`log`: how much is logged, and in which form."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qtd.config.section import Section


class Log(Section):
    """What qtd tells of itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least important events to show: debug, info, warning or error"
    )
    format: Literal["auto", "json", "human"] = Field(
        "auto",
        description="json, human, or auto: human on a terminal, fields in systemd's journal, else json",
    )
