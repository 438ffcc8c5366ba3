"""Goals: which ones an action converts by itself, and the one that a request reports by hand.

Source: Matomo's GoalManager and Goals plugin; tracking parameter `idgoal`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from qtd.engine.action import EVENT, Action, ActionType
from qtd.engine.invalid import InvalidRequest
from qtd.engine.page_url import PageUrls
from qtd.engine.php import mended, to_float, unsanitize, urldecode
from qtd.engine.preg import compile_pattern
from qtd.engine.request import TrackingRequest
from qtd.engine.site import Goal

#: What the action must be for an attribute to be looked at; others match the address of any action.
_ACTION_OF: Final = {
    "url": ActionType.PAGE_URL,
    "title": ActionType.PAGE_URL,
    "file": ActionType.DOWNLOAD,
    "external_website": ActionType.OUTLINK,
    "event_category": EVENT,
    "event_action": EVENT,
    "event_name": EVENT,
}
_EVENT_PARAMETERS: Final = {"event_category": "e_c", "event_action": "e_a", "event_name": "e_n"}
_ASCII_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class ConvertedGoal(NamedTuple):
    """A goal, and the address by which it was converted (empty where that is not usable)."""

    goal: Goal
    url: str

    @property
    def converts(self) -> bool:
        """It makes a converted visit."""
        return True


def goals_of(request: TrackingRequest, action: Action, visit_began: int | None = None) -> list[ConvertedGoal]:
    """The goals that the action converts.

    `visit_began` is the visit's first action in Unix seconds, null for a visit that begins with this request
    (its duration converts nothing).
    """
    return [
        ConvertedGoal(goal, action.url or "")
        for goal in request.site.goals
        if _converts(goal, action, request, visit_began)
    ]


def _converts(goal: Goal, action: Action, request: TrackingRequest, visit_began: int | None) -> bool:
    attribute = goal.match_attribute
    if attribute == "manually":
        return False
    if attribute == "visit_duration":
        if not visit_began or goal.pattern_type != "greater_than":
            return False
        return (request.timestamp - visit_began) / 60 > to_float(goal.pattern)
    if _ACTION_OF.get(attribute, action.type) is not action.type:
        return False
    if attribute == "title":
        text = action.title
    elif attribute in _EVENT_PARAMETERS:
        text = request.params.text(_EVENT_PARAMETERS[attribute])
    else:
        text = action.raw_url or ""
    return _matcher(goal.pattern, goal.pattern_type, goal.case_sensitive)(unsanitize(text))


def manual_goal(request: TrackingRequest, urls: PageUrls) -> ConvertedGoal | None:
    """The goal that `idgoal` reports, null where it reports none.

    Raises `InvalidRequest` where the site has no such goal.
    """
    idgoal = request.params.integer("idgoal", -1)
    if idgoal <= 0:
        return None
    for goal in request.site.goals:
        if goal.idgoal == idgoal:
            return ConvertedGoal(goal, mended(urls.without_excluded(request.url, request.site) or ""))
    raise InvalidRequest("unknown_goal", f"site {request.idsite} has no goal {idgoal}")


@lru_cache(maxsize=4096)
def _matcher(pattern: str, pattern_type: str, case_sensitive: bool) -> Callable[[str], bool]:  # noqa: FBT001 - a key
    """Return the test for a goal's pattern, which may also be given URL-encoded."""
    plain = unsanitize(pattern)
    decoded = urldecode(plain)
    test = _test(plain, pattern_type, case_sensitive=case_sensitive)
    if decoded == plain:
        return test
    test_decoded = _test(decoded, pattern_type, case_sensitive=case_sensitive)
    return lambda text: test(text) or test_decoded(text)


def _test(pattern: str, pattern_type: str, *, case_sensitive: bool) -> Callable[[str], bool]:
    if pattern_type == "regex":
        if "/" in pattern and "\\/" not in pattern:
            pattern = pattern.replace("/", "\\/")
        compiled = compile_pattern(f"/{pattern}/" if case_sensitive else f"/{pattern}/i")
        return _never if compiled is None else lambda text: compiled.search(text) is not None
    if pattern_type not in ("contains", "exact"):
        return _never
    if case_sensitive:
        return pattern.__eq__ if pattern_type == "exact" else lambda text: pattern in text
    lower = _lower(pattern)
    if pattern_type == "exact":
        return lambda text: _lower(text) == lower
    return lambda text: lower in _lower(text)


def _never(_text: str) -> bool:
    return False


def _lower(text: str) -> str:
    """PHP's case-insensitive comparisons know ASCII only."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)
