"""The patterns and codes of device detection: files that Matomo ships, read elsewhere and given to the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qtd.engine.device.codes import Codes

#: One entry of a file: a pattern (`regex`) and texts in which `$1` stands for its first group; every scalar is text.
Rule = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Definitions:
    """The contents of one version's files; the order of entries decides which of several matches counts."""

    #: where they come from and which version, for logs and diagnosis
    origin: str
    bots: Sequence[Rule]
    operating_systems: Sequence[Rule]
    #: client type -> its entries
    clients: Mapping[str, Sequence[Rule]]
    browsers: Sequence[Rule]
    engines: Sequence[Rule]
    #: file name -> brand -> its entry
    hardware: Mapping[str, Mapping[str, Rule]]
    #: brand -> patterns
    vendor_fragments: Mapping[str, Sequence[str]]
    #: Android application -> name of the client
    app_hints: Mapping[str, str]
    #: Android application -> name of the browser
    browser_hints: Mapping[str, str]
    codes: Codes
