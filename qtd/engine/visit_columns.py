"""The row of a visit that begins, and what a request changes of one that goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from qtd.engine.action import Action
from qtd.engine.device import Device
from qtd.engine.invalid import InvalidRequest, storable
from qtd.engine.language import visitor_language
from qtd.engine.php import cut_bytes, to_int, truthy
from qtd.engine.request import PLUGINS, TrackingRequest
from qtd.engine.visit import Visit, history_of_new_visit, pages_of_existing_visit, pages_of_new_visit

_USER_ID_LENGTH = 200
_RESOLUTION_LENGTH = 9
#: What a column of one byte with a sign takes.
_FLAG_LOWEST, _FLAG_GREATEST = -128, 127


def columns_of_new_visit(
    request: TrackingRequest, device: Device, action: Action | None, previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a new visit's row says of time, device, pages and the visitor's history.

    Identity, referrer, location, goals and custom dimensions come from their own rules. `previous` is the row of
    the visitor's last visit, null for a new visitor. Raises `InvalidRequest` for what a column does not take.
    """
    now = request.timestamp
    params = request.params
    resolution = params.text("res", "unknown")
    columns: dict[str, Any] = {
        "idsite": request.idsite,
        "visit_first_action_time": now,
        "visit_last_action_time": now,
        "profilable": 1 if request.visitor_id else 0,
        "user_id": request.user_id[:_USER_ID_LENGTH] or None,
        "visit_total_time": max(0, to_int(request.settings.tracker_value("default_time_one_page_visit"))),
        "visitor_localtime": local_time(request),
        "location_browser_lang": visitor_language(request.language),
        "config_resolution": storable(cut_bytes(resolution, _RESOLUTION_LENGTH)),
        "config_browser_engine": device.browser_engine,
        "config_browser_name": device.browser_name,
        "config_browser_version": device.browser_version,
        "config_client_type": device.client_type,
        "config_device_brand": device.device_brand,
        "config_device_model": device.device_model,
        "config_device_type": device.device_type,
        "config_os": device.os,
        "config_os_version": device.os_version,
    }
    if min(request.plugins) < _FLAG_LOWEST or max(request.plugins) > _FLAG_GREATEST:
        raise InvalidRequest("plugin_flag_range", "a browser plugin's flag is more than its column can hold")
    columns.update(zip(PLUGINS.values(), request.plugins, strict=True))
    columns.update(history_of_new_visit(previous, now=now, ordered=truthy(params.text("ec_id"))))
    columns.update(pages_of_new_visit(action))
    return columns


def changes_of_existing_visit(
    request: TrackingRequest, visit: Visit, action: Action | None
) -> dict[str, Any]:
    """What the request changes of identity, times and pages."""
    row, now = visit.row, request.timestamp
    visitor_id = request.visitor_id
    changes: dict[str, Any] = {
        "profilable": 1 if row["profilable"] or visitor_id else 0,
        "visit_total_time": max(0, 1 + now - row["visit_first_action_time"]),
    }
    if visitor_id:
        changes["idvisitor"] = visitor_id
    if request.user_id:
        changes["user_id"] = request.user_id[:_USER_ID_LENGTH]
    if request.params.integer("ping") != 1:
        changes["visit_last_action_time"] = max(now, row["visit_last_action_time"])
    if truthy(request.params.text("ec_id")):
        changes["visitor_seconds_since_order"] = 0
    changes.update(pages_of_existing_visit(action, row))
    return changes


def time_spent(visit: Visit, now: int, visit_length: int) -> int:
    """Seconds since the visit's last action, between 0 and the length of a visit."""
    return min(max(0, now - int(visit.row["visit_last_action_time"])), visit_length)


def local_time(request: TrackingRequest) -> str:
    """The visitor's own time of day from `h`, `m`, `s`, as HH:MM:SS; what is out of range is 0, what is missing UTC."""
    moment = datetime.fromtimestamp(request.timestamp, UTC)
    params = request.params
    hour = params.integer("h", moment.hour)
    minute = params.integer("m", moment.minute)
    second = params.integer("s", moment.second)
    hour = hour if 0 <= hour <= 23 else 0
    minute = minute if 0 <= minute <= 59 else 0
    second = second if 0 <= second <= 59 else 0
    return f"{hour:02}:{minute:02}:{second:02}"
