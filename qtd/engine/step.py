"""One hit against what is known: it begins a visit, continues one, or turns out invalid and is undone."""

from __future__ import annotations

from typing import Any

from qtd.engine.action import Action
from qtd.engine.conversion import Conversion, Conversions
from qtd.engine.conversion_row import Converting
from qtd.engine.custom_dimension import action_dimensions, remember_last_action, visit_dimensions
from qtd.engine.ecommerce import buyer_state
from qtd.engine.goal import goals_of
from qtd.engine.hit import Hit
from qtd.engine.invalid import storable
from qtd.engine.late_times import LateTimes
from qtd.engine.link_action import link_action_row
from qtd.engine.location import location_of_new_visit, location_overrides, stored_address
from qtd.engine.lookup import Known
from qtd.engine.outside import Outside
from qtd.engine.plan import RECORDED, LinkAction, Plan
from qtd.engine.recognition import Windows, begins_new_visit, last_visit
from qtd.engine.referrer import ReferrerDetection
from qtd.engine.reports import earlier_creation
from qtd.engine.request import TrackingRequest
from qtd.engine.visit import Visit
from qtd.engine.visit_columns import changes_of_existing_visit, columns_of_new_visit, time_spent

#: A heart beat of a visit that is over, or never was.
PING_WITHOUT_VISIT = "ping_without_visit"


class HitStep:
    """Plans hits of one batch, one after the other; what a hit changed is taken back when it turns out invalid."""

    def __init__(
        self, plan: Plan, known: Known, *, outside: Outside, windows: Windows, referrers: ReferrerDetection
    ) -> None:
        self._plan = plan
        self._known = known
        self._outside = outside
        self._windows = windows
        self._referrers = referrers
        self._conversions = Conversions(plan, known)
        self._late_times = LateTimes(plan, known)

    def run(self, hit: Hit) -> str:
        """Plan the hit's rows; returns `recorded`, or the rule that keeps it out. Raises `InvalidRequest`."""
        request, plan, action = hit.request, self._plan, hit.action
        last = last_visit(request, request.visitor_id, hit.config_id, self._known.visits, self._windows)
        # Matomo has taken over the visit that would go on before a new campaign ends it: goals and carts are judged
        # by its times and counters, and the new visit keeps its address, whatever the request's own one is.
        ongoing = None if begins_new_visit(request, last, self._windows) else last
        is_new = ongoing is None or self._forces_new_visit(hit, ongoing)
        if action is not None:
            if action.objection is not None:
                raise action.objection
            plan.need(action)
        conversions: list[Conversion] = [] if hit.conversion is None else [hit.conversion]
        if action is not None and not conversions:
            began = None if ongoing is None else ongoing.row["visit_first_action_time"]
            conversions = [*goals_of(request, action, began)]
        if hit.is_ping:
            if is_new:
                return PING_WITHOUT_VISIT
            action, conversions = None, []
        if action is not None:
            action.columns.update(action_dimensions(request, action))
        if is_new or ongoing is None:
            self._begin(hit, last, ongoing, action, conversions)
        else:
            self._continue(hit, ongoing, action, conversions)
        created = earlier_creation(request.site, request.timestamp)
        if created is not None:
            plan.created_earlier(request.idsite, created)
        return RECORDED

    def _forces_new_visit(self, hit: Hit, last: Visit) -> bool:
        request = hit.request
        return self._referrers.forces_new_visit(
            url=request.url, urlref=request.urlref, raw=request.raw, site=request.site, row=last.row
        )

    def _begin(
        self,
        hit: Hit,
        last: Visit | None,
        ongoing: Visit | None,
        action: Action | None,
        conversions: list[Conversion],
    ) -> None:
        request = hit.request
        previous = last.row if last is not None else None
        row = columns_of_new_visit(request, hit.device, action, previous)
        if previous is not None:
            row["idvisitor"] = previous["idvisitor"]
        else:
            row["idvisitor"] = request.visitor_id or self._outside.random.randbytes(8)
        row["config_id"] = hit.config_id
        address = hit.location_ip if ongoing is None else stored_address(request, ongoing.row["location_ip"])
        row["location_ip"] = address
        row.update(
            _storable(
                self._referrers.for_new_visit(
                    url=request.url, urlref=request.urlref, raw=request.raw, site=request.site
                )
            )
        )
        row.update(location_of_new_visit(request, address, self._outside.locate))
        row["visit_goal_buyer"] = buyer_state(hit.conversion, 0)
        row["visit_goal_converted"] = 0
        if any(conversion.converts for conversion in conversions):
            row["visit_goal_converted"] = 1
            if previous is not None:
                row["visit_total_time"] = max(0, row["visit_total_time"] + _conversion_time(hit))
        row.update(visit_dimensions(request, action))
        visit = Visit(row)
        self._plan.new_visit(visit, self._known.visits)
        judged = None if ongoing is None else ongoing.row
        self._record(hit, visit, None, judged, action, conversions=conversions, spent=0)

    def _continue(self, hit: Hit, visit: Visit, action: Action | None, conversions: list[Conversion]) -> None:
        request = hit.request
        before = visit.row
        changes = changes_of_existing_visit(request, visit, action)
        spent = time_spent(visit, request.timestamp, self._windows.visit_length)
        changes.update(
            _storable(
                self._referrers.for_existing_visit(
                    url=request.url, urlref=request.urlref, raw=request.raw, site=request.site, row=before
                )
            )
        )
        changes.update(location_overrides(request))
        changes["visit_goal_buyer"] = buyer_state(hit.conversion, before["visit_goal_buyer"])
        if any(conversion.converts for conversion in conversions):
            changes["visit_goal_converted"] = 1
            changes["visit_total_time"] = max(0, changes["visit_total_time"] + _conversion_time(hit))
        changes.update(visit_dimensions(request, action))
        self._plan.change_visit(visit, changes, self._known.visits)
        self._record(hit, visit, before, before, action, conversions=conversions, spent=spent)

    def _record(
        self,
        hit: Hit,
        visit: Visit,
        before: dict[str, Any] | None,
        judged: dict[str, Any] | None,
        action: Action | None,
        *,
        conversions: list[Conversion],
        spent: int,
    ) -> None:
        """Add the rows that belong to the visit: its action, its conversions, what is known later of older rows.

        `before` is the visit's row until now, null where it begins; `judged` the one that conversions are judged by.
        """
        request, plan = hit.request, self._plan
        link_action: LinkAction | None = None
        if action is not None:
            link_action = LinkAction(link_action_row(action, request, visit, before, time_spent=spent))
            plan.link_actions.append(link_action)
        remember_last_action(plan, request, visit, before, link_action, time_spent=spent)
        if conversions:
            self._conversions.record(
                conversions,
                Converting(
                    request=request,
                    visit=visit,
                    before=judged,
                    action=action,
                    link_action=link_action,
                    credit=self._credit(request, visit, before),
                ),
            )
        if action is not None and action.is_page_view and link_action is not None:
            self._late_times.remember(visit, link_action)
        else:
            self._late_times.add(visit, request.params)

    def _credit(
        self, request: TrackingRequest, visit: Visit, before: dict[str, Any] | None
    ) -> dict[str, int | str | None]:
        """Return the referrer that a conversion is credited with."""
        row, params, referrers = visit.row, request.params, self._referrers
        if before is not None and request.settings.privacy.anonymize_referrer:
            # Matomo credits before it anonymises what the request itself changed of its visit.
            row = row | referrers.for_existing_visit(
                url=request.url,
                urlref=request.urlref,
                raw=request.raw,
                site=request.site,
                row=before,
                anonymize=False,
            )
        return referrers.for_conversion(
            ref=params.text("_ref"),
            campaign_name=params.text("_rcn"),
            campaign_keyword=params.text("_rck"),
            raw=request.raw,
            url=request.url,
            site=request.site,
            row=row,
        )


def _storable(columns: dict[str, int | str | None]) -> dict[str, int | str | None]:
    """Return the columns; raises `InvalidRequest` for a text that is cut off within a character."""
    for value in columns.values():
        if isinstance(value, str):
            storable(value)
    return columns


def _conversion_time(hit: Hit) -> int:
    """What a conversion adds to a visit's length, in seconds: the goal's number and two, as Matomo counts."""
    return hit.request.params.integer("idgoal", -1) + 2
