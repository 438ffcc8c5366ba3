"""The row of `log_link_visit_action` that one action adds to its visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtd.engine.action import Action
from qtd.engine.invalid import storable
from qtd.engine.page_performance import times_of_page_view
from qtd.engine.php import cut_bytes
from qtd.engine.request import TrackingRequest
from qtd.engine.visit import Visit

#: Length of the column `idpageview`.
_PAGE_VIEW_ID_LENGTH = 6


def link_action_row(
    action: Action,
    request: TrackingRequest,
    visit: Visit,
    before: Mapping[str, Any] | None,
    *,
    time_spent: int,
) -> dict[str, Any]:
    """The action's row; `before` is the visit's row before this request, null when the action begins the visit.

    `time_spent` are the seconds spent on the action before. Raises `InvalidRequest` for page times and
    identifiers that no column takes.
    """
    row: dict[str, Any] = {
        "idvisit": visit,
        "idsite": request.idsite,
        "idvisitor": visit.row["idvisitor"],
        "server_time": request.timestamp,
        "idpageview": storable(cut_bytes(request.params.text("pv_id"), _PAGE_VIEW_ID_LENGTH)),
        "idaction_url": None if action.is_site_search else 0,
        "idaction_url_ref": 0 if before is None else before["visit_exit_idaction_url"],
        "idaction_name_ref": 0 if before is None else before["visit_exit_idaction_name"],
        "time_spent_ref_action": time_spent,
    }
    if action.is_interaction:
        row["idaction_name"] = 0
    position = pageview_position(action, before)
    if position:
        row["pageview_position"] = position
    for column, name in action.names.items():
        row[column] = name or 0
    if action.is_page_view:
        row.update(times_of_page_view(request.params))
    row.update(action.columns)
    return row


def pageview_position(action: Action, before: Mapping[str, Any] | None) -> int:
    """The how-manieth page view or search of its visit this is, or on which one it happened; 0 before the first."""
    interactions: int = 0 if before is None else before["visit_total_interactions"] or 0
    return interactions + 1 if action.is_interaction else interactions
