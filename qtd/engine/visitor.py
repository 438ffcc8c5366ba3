"""Recognising a visitor: which known visit a request may belong to.

Source: Matomo's VisitorRecognizer. The visits in memory are the ones looked up for the batch and those it made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from qtd.engine.collation import collation_key
from qtd.engine.visit import Visit

#: Site and visitor identifier, or site and fingerprint.
Key = tuple[int, bytes]


class KnownVisits:
    """The visits that a batch may continue, found by visitor identifier or fingerprint."""

    def __init__(self, visits: Iterable[Visit] = ()) -> None:
        self._by_visitor: defaultdict[Key, list[Visit]] = defaultdict(list)
        self._by_config: defaultdict[Key, list[Visit]] = defaultdict(list)
        for visit in visits:
            self.add(visit)

    def add(self, visit: Visit) -> None:
        """Make a visit findable."""
        row = visit.row
        self._by_visitor[row["idsite"], row["idvisitor"]].append(visit)
        self._by_config[row["idsite"], row["config_id"]].append(visit)

    def remove(self, visit: Visit) -> None:
        """Forget a visit, because the request that made it is undone."""
        row = visit.row
        self._by_visitor[row["idsite"], row["idvisitor"]].remove(visit)
        self._by_config[row["idsite"], row["config_id"]].remove(visit)

    def moved(self, visit: Visit, former_idvisitor: bytes) -> None:
        """A visit got another visitor identifier."""
        idsite, idvisitor = visit.row["idsite"], visit.row["idvisitor"]
        if idvisitor != former_idvisitor:
            self._by_visitor[idsite, former_idvisitor].remove(visit)
            self._by_visitor[idsite, idvisitor].append(visit)

    def by_visitor(self, idsite: int, idvisitor: bytes, *, until: int) -> Visit | None:
        """The visitor's newest visit whose last action is not after `until` (Unix seconds).

        Of two in the same second the older row: the index over visitors has the moments in falling order.
        """
        found = self._by_visitor.get((idsite, idvisitor), ())
        return _newest((v for v in found if _last(v) <= until), older_twin=True)

    def by_config(
        self, idsite: int, config_id: bytes, *, since: int, until: int, user_id: str = ""
    ) -> Visit | None:
        """The device's newest visit with its last action in the window, of this user or of nobody in particular.

        Of two in the same second the newer row: the index over devices is read backwards.
        """
        found = (
            v
            for v in self._by_config.get((idsite, config_id), ())
            if since <= _last(v) <= until and (not user_id or _is_nobodys_or(user_id, v.row["user_id"]))
        )
        return _newest(found, older_twin=False)


def _is_nobodys_or(user_id: str, stored: str | None) -> bool:
    """Whether a visit's user is unknown, or the same as far as the database sees a difference."""
    return stored is None or stored == user_id or collation_key(stored) == collation_key(user_id)


def _last(visit: Visit) -> int:
    last: int = visit.row["visit_last_action_time"]
    return last


def _newest(visits: Iterable[Visit], *, older_twin: bool) -> Visit | None:
    """The visit with the latest last action; of two in the same second the older or the newer row."""
    best: Visit | None = None
    for visit in visits:
        if (
            best is None
            or _last(visit) > _last(best)
            or (_last(visit) == _last(best) and _newer(visit, best) != older_twin)
        ):
            best = visit
    return best


def _newer(visit: Visit, other: Visit) -> bool:
    # Visits without a number yet are made by this batch, in this order: later ones are newer.
    return visit.idvisit is None or (other.idvisit is not None and visit.idvisit > other.idvisit)
