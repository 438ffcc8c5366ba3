"""Exclusion by what only an HTTP request's headers and cookies say, and no parameter can.

Source: Matomo's Do Not Track setting, its opt-out cookie, and the headers of browsers that only load a page to have it
ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtd.engine.ignore_cookie import is_ignored
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings


def asks_not_to_be_tracked(server: Mapping[str, Any], settings: Settings) -> bool:
    """Whether the browser sends Do Not Track, where the settings heed it."""
    return settings.privacy.do_not_track_enabled and (
        server.get("HTTP_X_DO_NOT_TRACK") == "1" or str(server.get("HTTP_DNT") or "").startswith("1")
    )


def is_opted_out(request: TrackingRequest) -> bool:
    """Whether the visitor has Matomo's cookie that says so."""
    settings, cookies = request.settings, request.cookies
    if not cookies:
        return False
    name = settings.tracker_value("ignore_visits_cookie_name")
    return name in cookies and is_ignored(cookies, name, settings.salt)


def is_prefetch(server: Mapping[str, Any]) -> bool:
    """Whether a browser only loads the page to have it ready; today's headers for that are not among the asked ones."""
    return server.get("HTTP_X_PURPOSE") in ("preview", "instant") or server.get("HTTP_X_MOZ") == "prefetch"


def excluded_by_headers(request: TrackingRequest) -> str | None:
    """The rule that keeps the request out, as `qtd.engine.exclusion` names it; None where no header or cookie does."""
    if asks_not_to_be_tracked(request.server, request.settings):
        return "do_not_track"
    if is_opted_out(request):
        return "ignore_cookie"
    return "prefetch" if is_prefetch(request.server) else None
