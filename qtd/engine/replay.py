"""A recorded request as parameters alone, so that a Matomo elsewhere records it as it came, at its own time.

Source: Matomo's bulk tracking API, which knows a request by its parameters. What the request said beside them, in
headers and cookies, by its address and its time, is written into the parameters that Matomo reads in their place:
`cdt`, `cip`, `ua`, `lang`, `uadata`, `_id`, `url`. They go with the rights of whoever replays, so a request must not
keep anything that its own token does not allow: where Matomo would have refused it, so does this.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from qtd.engine.device.client_hints import HEADER_HINTS
from qtd.engine.language import browser_language
from qtd.engine.location import check_location_parameters
from qtd.engine.params import Params
from qtd.engine.php import Param, truthy
from qtd.engine.request import TrackingRequest
from qtd.engine.visitor_id import third_party_id

#: Reasons of `InvalidRequest` for a right that a request lacks, and what it is used for.
NEEDS_TOKEN: Final = {
    "cip_needs_token": "cip",
    "custom_timestamp_needs_token": "an old cdt",
    "location_needs_token": "a location",
}


def replayed(request: TrackingRequest) -> dict[str, Param]:
    """Return the parameters with which a bulk request says all that was recorded.

    Raises:
        InvalidRequest: it uses a parameter that its own token does not allow, or a time that is not kept.
    """
    check_location_parameters(request)
    params = dict(request.raw)
    params["cdt"] = str(request.timestamp)
    params.pop("cdo", None)  # it counts from the present, and is in the time already
    params["cip"] = request.address or "0.0.0.0"  # noqa: S104 - nobody, as Matomo stores it; empty means none was given
    server, read = request.server, Params(params)
    if (
        not truthy(params.get("url"))
        and not truthy(params.get("urlref"))
        and truthy(server.get("HTTP_REFERER"))
    ):
        params["url"] = server["HTTP_REFERER"]
    if not read.text("ua") and (agent := server.get("HTTP_USER_AGENT")):
        params["ua"] = agent
    if not read.text("lang") and truthy(accepted := server.get("HTTP_ACCEPT_LANGUAGE")):
        params["lang"] = browser_language(str(accepted))
    if params.get("uadata") in (None, "") and (hints := _header_hints(request)):
        params["uadata"] = orjson.dumps(hints).decode()
    if (visitor := _cookie_visitor(request)) is not None:
        params["_id"] = visitor
    return params


def _header_hints(request: TrackingRequest) -> dict[str, Any]:
    return {name: value for name, value in request.server.items() if name.startswith(HEADER_HINTS)}


def _cookie_visitor(request: TrackingRequest) -> str | None:
    """The identifier in Matomo's third-party cookie, where that is in use: it goes before `_id`."""
    if not request.tracker_flag("use_third_party_id_cookie"):
        return None
    return third_party_id(request.cookies.get(request.tracker_value("cookie_name")))
