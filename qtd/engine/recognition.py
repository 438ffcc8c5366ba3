"""Whether a request continues a known visit, begins a new one of a known visitor, or is a new visitor's.

Source: Matomo's VisitorRecognizer and VisitRequestProcessor; [Tracker] visit_standard_length,
window_look_back_for_visitor, trust_visitors_cookies, create_new_visit_after_x_actions, create_new_visit_after_midnight.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtd.engine.fingerprint import local_date
from qtd.engine.php import to_int, truthy
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits


@dataclass(frozen=True, kw_only=True, slots=True)
class Windows:
    """How far from a request's time its visit may lie, in seconds."""

    #: a visit ends this long after its last action
    visit_length: int
    #: how far back a device without visitor identifier is looked for
    look_back: int

    @classmethod
    def of(cls, settings: Settings) -> Windows:
        """The windows that the settings ask for."""
        length = to_int(settings.tracker_value("visit_standard_length"))
        look_back = to_int(settings.tracker_value("window_look_back_for_visitor"))
        return cls(visit_length=length, look_back=max(length, look_back))


def last_visit(
    request: TrackingRequest, visitor_id: bytes | None, config_id: bytes, known: KnownVisits, windows: Windows
) -> Visit | None:
    """The visitor's last visit, by identifier and, unless the identifier must match, by device."""
    idsite, now = request.idsite, request.timestamp
    since, until = now - windows.look_back, now + windows.visit_length
    user_id = request.user_id if truthy(request.user_id) else ""
    visit: Visit | None = None
    if visitor_id is not None:
        visit = known.by_visitor(idsite, visitor_id, until=until)
    if visit is None and (visitor_id is None or not _identifier_must_match(request)):
        visit = known.by_config(idsite, config_id, since=since, until=until, user_id=user_id)
    if visit is not None and _is_full(request, visit):
        return None
    return visit


def _identifier_must_match(request: TrackingRequest) -> bool:
    """With trusted cookies, or a forced visitor identifier and no user, the device alone recognises nobody."""
    if request.tracker_flag("trust_visitors_cookies") or request.site.type == "intranet":
        return True
    return not request.user_id and bool(request.params.text("cid"))


def _is_full(request: TrackingRequest, visit: Visit) -> bool:
    limit = to_int(request.tracker_value("create_new_visit_after_x_actions"))
    return 0 < limit <= (visit.row["visit_total_actions"] or 0)


def begins_new_visit(request: TrackingRequest, last: Visit | None, windows: Windows) -> bool:
    """Whether a new visit begins, as far as time and identity say (a new campaign may begin one as well)."""
    if last is None or request.params.integer("new_visit"):
        return True
    last_action: int = last.row["visit_last_action_time"]
    if last_action <= request.timestamp - windows.visit_length:
        return True
    if request.tracker_flag("create_new_visit_after_midnight") and (
        local_date(last_action, request.site.zone) != local_date(request.timestamp, request.site.zone)
    ):
        return True
    if not request.tracker_flag("enable_userid_overwrites_visitorid"):
        before, user_id = last.row["user_id"], request.user_id
        return truthy(before) and truthy(user_id) and before != user_id
    return False
