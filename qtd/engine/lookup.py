"""What the engine has to know of the database before it plans a batch."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from qtd.engine.visitor import KnownVisits


@dataclass(kw_only=True, slots=True)
class VisitLookup:
    """The visits of one site that a batch may continue."""

    #: visitor identifiers: their newest visit until `until_first`, and all of theirs from there until `until_last`
    visitors: set[bytes] = field(default_factory=set)
    #: fingerprints: all their visits with the last action between `since` and `until_last`
    configs: set[bytes] = field(default_factory=set)
    #: Unix seconds
    since: int = 2**40
    until_first: int = 2**40
    until_last: int = 0


@dataclass(kw_only=True, slots=True)
class Lookup:
    """All look-ups of one batch."""

    #: idsite -> visits
    visits: defaultdict[int, VisitLookup] = field(default_factory=lambda: defaultdict(VisitLookup))
    #: whether a request may convert a goal or change a cart: conversions of the known visits are needed
    conversions: bool = False
    #: whether a request changes a cart or orders it: items of the known visits are needed
    items: bool = False
    #: (idsite, idorder) of orders, which may be there already; compared as the column's collation does
    orders: set[tuple[int, str]] = field(default_factory=set)
    #: `idpageview` of page views whose performance is sent after them
    page_views: set[str] = field(default_factory=set)


@dataclass(kw_only=True, slots=True)
class Known:
    """The answers to a `Lookup`."""

    visits: KnownVisits = field(default_factory=KnownVisits)
    #: (idvisit, idgoal, buster) of the known visits' conversions
    conversions: set[tuple[int, int, int]] = field(default_factory=set)
    #: of the orders asked for, those that exist
    orders: set[tuple[int, str]] = field(default_factory=set)
    #: idvisit -> its rows of `log_conversion_item` (at least `idorder` and `idaction_sku` as identifier), with the
    #: name of `idaction_sku` as `sku`, null where the identifier is 0
    items: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    #: (idvisit, `idpageview` as the database compares it) -> idlink_va of the page view
    page_views: dict[tuple[int, str], int] = field(default_factory=dict)
