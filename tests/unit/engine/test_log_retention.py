from __future__ import annotations

from collections.abc import Mapping

import pytest

from qtd.engine.authentication import hash_token
from qtd.engine.invalid import InvalidRequest
from qtd.engine.log_retention import oldest_kept
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.site import Site

DAY = 86400
#: 2026-11-10 10:00:00 UTC
ACCEPTED = 1794304800
TOKEN = "c0ffee00" * 4
KEEP_180 = {
    "delete_logs_enable": "1",
    "delete_logs_older_than": "180",
    "delete_logs_schedule_lowest_interval": "7",
}


def _timestamp(cdt: str, *, now: float | None = None, options: Mapping[str, str] | None = None) -> int:
    settings = Settings(
        sites={1: Site(idsite=1, urls=("http://example.org",))},
        super_user_tokens=frozenset({hash_token(TOKEN, "")}),
        options=options or {},
    )
    request = TrackingRequest(
        {"idsite": "1", "rec": "1", "cdt": cdt, "token_auth": TOKEN},
        server={},
        cookies={},
        token_auth="",
        entry_time=ACCEPTED,
        settings=settings,
        now=now,
    )
    return request.timestamp


@pytest.mark.parametrize(
    ("options", "days"),
    [
        ({}, None),
        ({"delete_logs_enable": "0", "delete_logs_older_than": "30"}, None),
        ({"delete_logs_enable": "1", "delete_logs_older_than": "0"}, None),
        ({"delete_logs_enable": "1"}, 187),
        (KEEP_180, 187),
        (KEEP_180 | {"delete_logs_older_than": "30", "delete_logs_schedule_lowest_interval": "1"}, 31),
    ],
)
def test_raw_data_is_kept_as_long_as_the_settings_say(options: dict[str, str], days: int | None) -> None:
    """Until the age and one interval of the deletion have passed."""
    assert oldest_kept(options, ACCEPTED) == (None if days is None else ACCEPTED - days * DAY)


def test_a_time_that_would_be_deleted_is_not_taken() -> None:
    """The age counts from the present, not from when the request was accepted."""
    cdt = str(ACCEPTED - 187 * DAY)
    assert _timestamp(cdt, now=ACCEPTED, options=KEEP_180) == ACCEPTED - 187 * DAY
    with pytest.raises(InvalidRequest) as error:
        _timestamp(cdt, now=ACCEPTED + 1, options=KEEP_180)
    assert error.value.reason == "custom_timestamp_too_old"


def test_a_relative_time_starts_from_the_present() -> None:
    """As in Matomo's replay: what lies after the request's acceptance then is not believed."""
    assert _timestamp("-1 hour") == ACCEPTED - 3600
    assert _timestamp("-1 hour", now=ACCEPTED + 600) == ACCEPTED - 3000
    assert _timestamp("-1 hour", now=ACCEPTED + 3601) == ACCEPTED
