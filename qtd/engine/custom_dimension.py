"""Custom dimensions: values that a site defines for its visits and actions.

Source: Matomo's CustomDimensions plugin; tracking parameters `dimension<number>`. A value that the request
does not carry is extracted from the page's address or title where the dimension says how.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import regex

from qtd.engine.action import Action
from qtd.engine.invalid import storable
from qtd.engine.php import trim, truthy, unsanitize
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.preg import compile_pattern
from qtd.engine.request import TrackingRequest
from qtd.engine.site import CustomDimension, Extraction, Site
from qtd.engine.utf8 import decode_url
from qtd.engine.visit import Visit

VISIT_SCOPE: Final = "visit"
ACTION_SCOPE: Final = "action"

_MAX_LENGTH: Final = 250


def column_of(dimension: CustomDimension) -> str:
    """The column of the log table that holds the dimension's values."""
    return f"custom_dimension_{dimension.index}"


def action_dimensions(request: TrackingRequest, action: Action) -> dict[str, str]:
    """The columns of the action's row that its dimensions fill."""
    return _values(ACTION_SCOPE, request, action)


def visit_dimensions(request: TrackingRequest, action: Action | None) -> dict[str, str]:
    """The columns of the visit's row that the request sets, be it a ping or a goal (then without action)."""
    return _values(VISIT_SCOPE, request, action)


def has_action_dimensions(site: Site) -> bool:
    """Whether the site's visits remember their last action, and actions how long they lasted."""
    return any(dimension.scope == ACTION_SCOPE for dimension in site.dimensions)


def remember_last_action(
    plan: Plan,
    request: TrackingRequest,
    visit: Visit,
    before: Mapping[str, Any] | None,
    link_action: LinkAction | None,
    *,
    time_spent: int,
) -> None:
    """Let the visit remember its last action, and that action how long it lasted.

    `before` is the visit's row before the request, null where the visit begins with it; `link_action` is null
    where the request has no action. `time_spent` are the seconds since the visit's last action; 0 is no news.
    """
    if not has_action_dimensions(request.site):
        return
    if link_action is not None:
        visit.change({"last_idlink_va": link_action})
        if visit.idvisit is not None:
            plan.changed_visits[visit.idvisit] = visit
    previous = None if before is None else before.get("last_idlink_va")
    if not previous or time_spent <= 0:
        return
    if isinstance(previous, LinkAction):
        plan.change_row(previous.row, {"time_spent": time_spent})
    else:
        plan.change_stored("log_link_visit_action", {"idlink_va": previous}, {"time_spent": time_spent})


def _values(scope: str, request: TrackingRequest, action: Action | None) -> dict[str, str]:
    """The columns; raises `InvalidRequest` for an extracted value that is not UTF-8, which no column takes."""
    values = {}
    for dimension in request.site.dimensions:
        if dimension.scope != scope:
            continue
        parameter = f"dimension{dimension.idcustomdimension}"
        value = request.params.text(parameter)
        if value or request.params.raw.get(parameter) == "":
            values[column_of(dimension)] = _cleaned(value)
            continue
        for extraction in dimension.extractions:
            value = _extracted(extraction, action, request, case_sensitive=dimension.case_sensitive)
            if value:
                values[column_of(dimension)] = storable(_cleaned(decode_url(value)))
                break
    return values


def _cleaned(value: str) -> str:
    return trim(value)[:_MAX_LENGTH]


def _extracted(
    extraction: Extraction, action: Action | None, request: TrackingRequest, *, case_sensitive: bool
) -> str:
    """Return the first group of the extraction's pattern, empty where it does not match or has none."""
    if not truthy(extraction.pattern):
        return ""
    pattern = _compiled(extraction.dimension, extraction.pattern, case_sensitive)
    if pattern is None or not pattern.groups:
        return ""
    match = pattern.search(unsanitize(_source(extraction, action, request)))
    return (match[1] or "") if match is not None else ""


def _source(extraction: Extraction, action: Action | None, request: TrackingRequest) -> str:
    if extraction.dimension in ("url", "urlparam"):
        return request.url if action is None else action.raw_url or ""
    if extraction.dimension == "action_name" and action is not None:
        return action.title
    return request.params.text(extraction.dimension)


@lru_cache(maxsize=1024)
def _compiled(dimension: str, pattern: str, case_sensitive: bool) -> regex.Pattern[str] | None:  # noqa: FBT001 - a key
    if dimension == "urlparam":
        pattern = rf"\?.*{pattern}=([^&]*)"
    escaped = pattern.replace("/", "\\/")
    return compile_pattern(f"/{escaped}/" if case_sensitive else f"/{escaped}/i")
