"""Which kind of action a request stands for, when it could be several."""

from __future__ import annotations

from qtd.engine.action import Action, ActionType
from qtd.engine.content import content
from qtd.engine.event import event
from qtd.engine.invalid import InvalidRequest
from qtd.engine.link import link
from qtd.engine.page_url import PageUrls
from qtd.engine.page_view import page_view
from qtd.engine.php import truthy
from qtd.engine.product_view import add_product_view
from qtd.engine.request import TrackingRequest
from qtd.engine.site_search import detect_search, site_search


def detect_action(request: TrackingRequest, urls: PageUrls) -> Action:
    """The action: a download before an outlink, an event, a content, a search, and a page view when none of them.

    Raises `InvalidRequest` for `ca=1`, which is meant for a tracker plugin, when it is none of the known kinds.
    """
    action = _detect(request, urls)
    add_product_view(action, request.params)
    return action


def _detect(request: TrackingRequest, urls: PageUrls) -> Action:
    params = request.params
    raw = params.raw
    if "download" in raw and truthy(target := params.text("download")):
        return link(target, ActionType.DOWNLOAD, urls)
    if "link" in raw and truthy(target := params.text("link")):
        return link(target, ActionType.OUTLINK, urls)
    if "e_c" in raw and params.text("e_c") and params.text("e_a"):
        return event(request, urls)
    if "c_n" in raw and truthy(params.text("c_n")):
        return content(request, urls)
    search = detect_search(request, urls)
    if search is not None:
        return site_search(search, urls, request.idsite)
    if "ca" in raw and params.integer("ca"):
        raise InvalidRequest("custom_action", "ca is meant for a tracker plugin that is not here")
    return page_view(request, urls)
