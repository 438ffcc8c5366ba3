"""Clicks that leave the page: outlinks (`link`) and downloads (`download`). Their addresses keep all parameters."""

from __future__ import annotations

from qtd.engine.action import Action, ActionType
from qtd.engine.page_url import PageUrls


def link(target: str, kind: ActionType, urls: PageUrls) -> Action:
    """The outlink or download; a target that does not look like an address is recorded without one."""
    url = urls.valid(target)
    action = Action(type=kind, url=url, raw_url=url)
    action.refer("idaction_url", kind, url or "")
    return action
