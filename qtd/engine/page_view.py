"""Page views: the default kind of action. Parameters `url`, `action_name`, `pv_id`, `pf_*`."""

from __future__ import annotations

from qtd.engine.action import Action, ActionType
from qtd.engine.page_url import PageUrls, clean_text, split_prefix
from qtd.engine.php import trim
from qtd.engine.request import TrackingRequest


def page_view(request: TrackingRequest, urls: PageUrls) -> Action:
    """The page view that a request stands for when it is nothing else."""
    raw_url, url = urls.page(request.url, request.idsite)
    title = clean_text(_without_empty_categories(request), urls.max_length)
    action = Action(type=ActionType.PAGE_URL, url=url, raw_url=raw_url, title=title)
    action.refer("idaction_name", ActionType.PAGE_TITLE, title)
    if url:
        name, prefix = split_prefix(url)
        action.refer("idaction_url", ActionType.PAGE_URL, name, prefix)
    return action


def _without_empty_categories(request: TrackingRequest) -> str:
    """The title; where a delimiter makes categories of it, each trimmed and the empty ones left out."""
    title = request.params.text("action_name")
    general = request.settings.general
    delimiter = (
        general.get("action_category_delimiter") or general.get("action_title_category_delimiter") or ""
    )
    if not isinstance(delimiter, str) or not delimiter:
        return title
    return delimiter.join(part for part in map(trim, title.split(delimiter)) if part)
