"""What a row of `log_conversion` holds besides its keys: visit, referrer, page views, dimensions, revenue.

Source: Matomo's GoalManager, and the columns of its plugins that conversions take over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from qtd.engine.action import Action
from qtd.engine.custom_dimension import VISIT_SCOPE, column_of
from qtd.engine.language import country_of_language
from qtd.engine.plan import LinkAction
from qtd.engine.request import TrackingRequest
from qtd.engine.revenue import to_cents
from qtd.engine.site import Goal
from qtd.engine.visit import Visit

#: What a conversion takes over from its visit as it is at that moment.
_VISIT_COLUMNS: Final = (
    "visitor_returning",
    "visitor_count_visits",
    "visitor_seconds_since_first",
    "visitor_seconds_since_order",
    "config_browser_name",
    "config_client_type",
    "config_device_brand",
    "config_device_model",
    "config_device_type",
    "location_country",
    "location_region",
    "location_city",
    "location_latitude",
    "location_longitude",
)

#: What not every kind of conversion says; a new row always has all of them.
DEFAULTS: Final[Mapping[str, Any]] = {
    "idaction_url": None,
    "idlink_va": None,
    "idorder": None,
    "items": None,
    "url": "",
    "revenue": None,
    "revenue_discount": None,
    "revenue_shipping": None,
    "revenue_subtotal": None,
    "revenue_tax": None,
    "pageviews_before": None,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Converting:
    """The request that converts, and what was planned for it already."""

    request: TrackingRequest
    #: its row as the request leaves it, custom dimensions included
    visit: Visit
    #: the row of the visit that would go on, before the request (also where a new campaign ends it); null for none
    before: Mapping[str, Any] | None
    action: Action | None
    link_action: LinkAction | None
    #: `referer_type`, `referer_name`, `referer_keyword` that the conversion is credited with
    credit: Mapping[str, Any]


def common_columns(converting: Converting) -> dict[str, Any]:
    """Site, visitor, time (Unix seconds), the visit's columns and the referrer, of whatever kind it is."""
    request, row = converting.request, converting.visit.row
    columns: dict[str, Any] = {
        "idsite": request.idsite,
        "idvisitor": row["idvisitor"],
        "server_time": request.timestamp,
    }
    for column in _VISIT_COLUMNS:
        columns[column] = row.get(column)
    if columns["location_country"] is None:  # a visit of an old version, or one that was anonymised
        guess = request.settings.tracker_flag("enable_language_to_country_guess")
        columns["location_country"] = country_of_language(request.language, guess)
    columns.update(converting.credit)
    return columns


def dimensions_of_visit(converting: Converting) -> dict[str, Any]:
    """The custom dimensions of the visit; only a new row has them, a cart that changes keeps its own."""
    columns = (column_of(d) for d in converting.request.site.dimensions if d.scope == VISIT_SCOPE)
    return {column: converting.visit.row.get(column) for column in columns}


def pageviews_before(converting: Converting) -> int:
    """Page views of the visit, with the one that converts: Matomo counts from the visit as it was before."""
    before, action = converting.before, converting.action
    views = 0
    if before is not None:
        views = (before["visit_total_interactions"] or 0) - (before["visit_total_searches"] or 0)
    return views + 1 if action is not None and action.is_page_view else views


def revenue_of_goal(goal: Goal, request: TrackingRequest) -> float:
    """Return the revenue that was sent, else the goal's own; or where the goal says so the event's value."""
    if goal.event_value_as_revenue and goal.match_attribute.startswith("event_"):
        value = request.params.number("e_v")
        if value is not None:
            return value
    sent = request.params.number("revenue", wrong=goal.revenue)
    return to_cents(float(goal.revenue if sent is None else sent))
