"""Page performance that is sent after its page view: which page view it belongs to, in the database or in the batch.

Source: Matomo's PagePerformance plugin. A request that is no page view adds its times to the visit's page view with
the same `pv_id`: the first one that has an address, else the first one that has a title.
"""

from __future__ import annotations

from qtd.engine.collation import collation_key
from qtd.engine.lookup import Known
from qtd.engine.page_performance import check_times, times_sent_later
from qtd.engine.params import Params
from qtd.engine.php import truthy
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.visit import Visit

_Key = tuple[Visit, str]


class LateTimes:
    """The page views of one batch, with those that are in the database."""

    def __init__(self, plan: Plan, known: Known) -> None:
        self._plan = plan
        self._stored = known.page_views
        #: by visit and `pv_id` as the database compares it
        self._planned: dict[_Key, LinkAction] = {}

    def remember(self, visit: Visit, page_view: LinkAction) -> None:
        """Make a page view findable; one without address and title is none that Matomo would find."""
        row = page_view.row
        if not row["idpageview"] or not (row["idaction_url"] or row["idaction_name"]):
            return
        key = (visit, collation_key(row["idpageview"]))
        known = self._planned.get(key)
        if known is not None and (known.row["idaction_url"] or not row["idaction_url"]):
            return
        self._planned[key] = page_view
        self._plan.remember(lambda: self._restore(key, known))

    def add(self, visit: Visit, params: Params) -> None:
        """Add the times that a request which is no page view carries, if any.

        Raises `InvalidRequest` for times that the columns do not take, if there is a page view to add them to.
        """
        page_view_id = params.text("pv_id")
        if not truthy(page_view_id) or not (times := times_sent_later(params)):
            return
        key = collation_key(page_view_id)
        stored = self._stored.get((visit.idvisit or 0, key))
        planned = self._planned.get((visit, key))
        if stored is not None:
            check_times(times)
            self._plan.change_stored("log_link_visit_action", {"idlink_va": stored}, times)
        elif planned is not None:
            check_times(times)
            self._plan.change_row(planned.row, times)

    def _restore(self, key: _Key, known: LinkAction | None) -> None:
        if known is None:
            del self._planned[key]
        else:
            self._planned[key] = known
