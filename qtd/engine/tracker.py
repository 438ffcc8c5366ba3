"""Matomo's tracker over a whole batch: read the requests, say what must be looked up, plan the rows.

Three steps, so that the database is asked once per batch and not once per request:
`hits = tracker.read(request_sets, now=…)`; `known = look_up(tracker.lookup(hits))`;
`plan = tracker.plan(hits, known, now=…)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qtd.engine.batch import BatchPlanner
from qtd.engine.ecommerce import Ecommerce
from qtd.engine.hit import Hit
from qtd.engine.lookup import Known, Lookup
from qtd.engine.order_number import MAX_ORDER_LENGTH
from qtd.engine.outside import Outside
from qtd.engine.page_performance import times_sent_later
from qtd.engine.page_url import PageUrls
from qtd.engine.php import truthy
from qtd.engine.plan import Plan
from qtd.engine.reading import Reader
from qtd.engine.recognition import Windows
from qtd.engine.settings import Settings
from qtd.wire.request_set import RequestSet


class Tracker:
    """The rules under one version of the settings; it may be used for any number of batches."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self.settings = settings
        self._windows = Windows.of(settings)
        urls = PageUrls(settings)
        self._reader = Reader(settings, outside, urls)
        self._planner = BatchPlanner(settings, outside, urls, self._windows)

    def read(self, request_sets: Iterable[RequestSet], *, now: float | None = None) -> list[Hit]:
        """The requests of the sets, in order, as far as they can be understood without the database.

        `now` is the present in Unix seconds, by default the time at which each set was accepted.
        """
        hits: list[Hit] = []
        for number, request_set in enumerate(request_sets):
            hits += self._reader.hits(request_set, number, now=now)
        return hits

    def lookup(self, hits: Sequence[Hit]) -> Lookup:
        """What the plan for these hits has to know."""
        lookup = Lookup()
        length, back = self._windows.visit_length, self._windows.look_back
        for hit in hits:
            if hit.excluded:
                continue
            request = hit.request
            now, params = request.timestamp, request.params
            visits = lookup.visits[request.idsite]
            visits.configs.add(hit.config_id)
            if request.visitor_id is not None:
                visits.visitors.add(request.visitor_id)
            visits.since = min(visits.since, now - back)
            # Whoever has the same device takes over a visit of this window, and its visitor is then left with the
            # one before: so not only the newest of these is needed.
            visits.until_first = visits.since - 1
            visits.until_last = max(visits.until_last, now + length)
            if hit.conversion is not None or request.site.goals:
                lookup.conversions = True
            if isinstance(hit.conversion, Ecommerce):
                lookup.items = True
            if truthy(order := params.text("ec_id")):
                lookup.orders.add((request.idsite, order[:MAX_ORDER_LENGTH]))
            if truthy(page_view := params.text("pv_id")) and times_sent_later(params):
                lookup.page_views.add(page_view)
        return lookup

    def plan(self, hits: Sequence[Hit], known: Known, *, now: float) -> Plan:
        """The rows that the hits make, one after the other; `now` (Unix seconds) says which days are past."""
        return self._planner.plan(hits, known, now=now)
