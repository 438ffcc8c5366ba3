"""Custom events. Parameters `e_c`, `e_a`, `e_n`, `e_v`."""

from __future__ import annotations

from qtd.engine.action import EVENT, Action, ActionType
from qtd.engine.page_url import PageUrls, split_prefix
from qtd.engine.php import trim
from qtd.engine.request import TrackingRequest


def event(request: TrackingRequest, urls: PageUrls) -> Action:
    """The event; category and action must be more than white space, else there is an objection."""
    params = request.params
    raw_url, url = urls.page(request.url, request.idsite)
    action = Action(type=EVENT, url=url, raw_url=raw_url)
    for column, parameter, kind in (
        ("idaction_event_action", "e_a", ActionType.EVENT_ACTION),
        ("idaction_event_category", "e_c", ActionType.EVENT_CATEGORY),
    ):
        name = trim(params.text(parameter))
        if not name:
            action.object("empty_event", f"{parameter} is empty or white space")
        action.refer(column, kind, name)
    name = trim(params.text("e_n"))
    if name:
        action.refer("idaction_name", ActionType.EVENT_NAME, name)
    if url:
        name, prefix = split_prefix(url)
        action.refer("idaction_url", EVENT, name, prefix)
    value = params.number("e_v")
    if value is not None:
        action.columns["custom_float"] = value
    return action
