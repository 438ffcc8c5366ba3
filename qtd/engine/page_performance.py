"""How long the parts of a page view took, in milliseconds. Parameters `pf_*`."""

from __future__ import annotations

from collections.abc import Mapping

from qtd.engine.invalid import InvalidRequest
from qtd.engine.params import Params

#: parameter -> column of `log_link_visit_action`
COLUMNS = {
    "pf_net": "time_network",
    "pf_srv": "time_server",
    "pf_tfr": "time_transfer",
    "pf_dm1": "time_dom_processing",
    "pf_dm2": "time_dom_completion",
    "pf_onl": "time_on_load",
}

#: The columns are MEDIUMINT UNSIGNED; longer times are not believed.
_LONGEST = 16_777_215
_UNSET = -1


def times_of_page_view(params: Params) -> dict[str, int]:
    """The times that come with a page view; a negative one makes the request invalid, too long a one is left out."""
    if params.raw.keys().isdisjoint(COLUMNS):
        return {}
    times = {}
    for parameter, column in COLUMNS.items():
        time = params.integer(parameter, _UNSET)
        if time < _UNSET:
            raise InvalidRequest("negative_page_performance", f"{parameter} is negative")
        if _UNSET < time <= _LONGEST:
            times[column] = time
    return times


def times_sent_later(params: Params) -> dict[str, int]:
    """The times that a later request adds to an earlier page view; negative ones are left out."""
    if params.raw.keys().isdisjoint(COLUMNS):
        return {}
    times = {column: params.integer(parameter, _UNSET) for parameter, column in COLUMNS.items()}
    return {column: time for column, time in times.items() if time > _UNSET}


def check_times(times: Mapping[str, int]) -> None:
    """Raise `InvalidRequest` for a time that is too long to be added later: Matomo's statement fails on it."""
    for column, time in times.items():
        if time > _LONGEST:
            raise InvalidRequest("page_performance_range", f"{column} takes at most {_LONGEST} milliseconds")
