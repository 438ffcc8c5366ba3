"""Content impressions and interactions. Parameters `c_n`, `c_p`, `c_t`, `c_i`."""

from __future__ import annotations

from qtd.engine.action import CONTENT, Action, ActionType
from qtd.engine.page_url import PageUrls
from qtd.engine.php import trim
from qtd.engine.request import TrackingRequest

_OPTIONAL = (
    ("idaction_content_interaction", "c_i", ActionType.CONTENT_INTERACTION),
    ("idaction_content_piece", "c_p", ActionType.CONTENT_PIECE),
    ("idaction_content_target", "c_t", ActionType.CONTENT_TARGET),
)


def content(request: TrackingRequest, urls: PageUrls) -> Action:
    """The content's action; its name must be more than white space, else there is an objection."""
    params = request.params
    raw_url, url = urls.page(request.url, request.idsite)
    action = Action(type=CONTENT, url=url, raw_url=raw_url)
    name = trim(params.text("c_n"))
    if not name:
        action.object("empty_content_name", "c_n is white space")
    action.refer("idaction_content_name", ActionType.CONTENT_NAME, name)
    for column, parameter, kind in _OPTIONAL:
        text = trim(params.text(parameter))
        if text:
            action.refer(column, kind, text)
    # The page's address is stored with the content's type and with its scheme.
    action.refer("idaction_url", CONTENT, url or "")
    return action
