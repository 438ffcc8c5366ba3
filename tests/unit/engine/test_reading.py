from __future__ import annotations

from hashlib import sha1
from typing import Any

import pytest

from qtd.engine.hit import Hit
from qtd.engine.settings import Privacy
from tests.tracker import Batch, request_set, settings


def read(*requests: dict[str, Any], **more: Any) -> list[Hit]:
    """The hits of one set of requests."""
    server = more.pop("server", None)
    return Batch(settings(**more)).read(request_set(*requests, server=server))


def test_a_hit_is_ready_for_its_visit() -> None:
    """Device, fingerprint, stored address and action are known, and nothing keeps it out."""
    (hit,) = read({"url": "http://example.org/p"})
    assert hit.excluded == ""
    assert len(hit.config_id) == 8
    assert hit.location_ip == bytes((198, 51, 0, 0))
    assert hit.action is not None
    assert hit.conversion is None


def test_addresses_are_masked_as_the_settings_say() -> None:
    """Or not at all."""
    (hit,) = read({}, privacy=Privacy(ip_anonymizer_enabled=False))
    assert hit.location_ip == bytes((198, 51, 100, 7))
    (hit,) = read({}, privacy=Privacy(ip_address_mask_length=3))
    assert hit.location_ip == bytes((198, 0, 0, 0))


def test_what_follows_an_invalid_request_is_not_read() -> None:
    """Matomo drops it with the rest of its set; what is merely excluded, or of an unknown site, stops nothing."""
    hits = read({"rec": "0"}, {"idsite": "99"}, {}, {"cip": "203.0.113.5"}, {})
    assert [hit.excluded for hit in hits] == ["not_recorded", "unknown_site", "", "cip_needs_token"]
    assert [hit.invalid for hit in hits] == [False, False, False, True]


def test_an_empty_request_is_none() -> None:
    """It is not even of an unknown site."""
    batch = Batch()
    empty = request_set({})
    empty.requests[0].clear()
    (hit,) = batch.read(empty)
    assert (hit.excluded, hit.failure) == ("empty_request", None)


def test_an_unknown_site_is_a_failure_to_tell_of() -> None:
    """Its owner sees it in Matomo."""
    (hit,) = read({"idsite": "99", "token_auth": "secret"})
    assert hit.failure is not None
    assert hit.failure[0] == 1
    assert "secret" not in hit.failure[1]


@pytest.mark.parametrize(
    ("request_", "first"),
    [
        ({"idsite": "99", "cdt": "1700000000"}, "custom_timestamp_needs_token"),
        ({"idsite": "99", "cip": "203.0.113.5"}, "unknown_site"),
        ({"country": "de", "cdt": "1700000000", "cip": "203.0.113.5"}, "location_needs_token"),
        ({"cdt": "1700000000", "cip": "203.0.113.5"}, "custom_timestamp_needs_token"),
        ({"cip": "203.0.113.5", "rec": "0"}, "cip_needs_token"),
        ({"rec": "0", "cid": "short"}, "not_recorded"),
        ({"cid": "short", "idgoal": "9"}, "visitor_id_length"),
        ({"idgoal": "9"}, "unknown_goal"),
        ({"ca": "1"}, "custom_action"),
    ],
)
def test_the_first_objection_counts(request_: dict[str, str], first: str) -> None:
    """In Matomo's order."""
    (hit,) = read(request_)
    assert hit.excluded == first


def test_bots_are_not_looked_at_any_further() -> None:
    """Unless they are welcome."""
    (hit,) = read({}, server={"HTTP_USER_AGENT": "Bot"})
    assert (hit.excluded, hit.action, hit.config_id) == ("bot", None, b"")
    (hit,) = read({"bots": "1"}, server={"HTTP_USER_AGENT": "Bot"})
    assert hit.excluded == ""


def test_a_request_that_reports_a_conversion_has_no_action() -> None:
    """An order, a cart or a goal."""
    (hit,) = read({"idgoal": "0", "ec_id": "A1"})
    assert hit.action is None
    assert hit.conversion is not None


def test_users_become_pseudonyms() -> None:
    """The same one each time, and the visitor's identifier follows; without a salt there is nothing to do."""
    options = {"useridsalt": "SALT"}
    (hit,) = read({"uid": "bob"}, privacy=Privacy(anonymize_user_id=True), options=options)
    pseudonym = sha1(b"bobSALT", usedforsecurity=False).hexdigest()
    assert hit.request.user_id == pseudonym
    assert hit.request.visitor_id == sha1(pseudonym.encode(), usedforsecurity=False).digest()[:8]
    (hit,) = read({"uid": "bob"}, privacy=Privacy(anonymize_user_id=True))
    assert hit.request.user_id == "bob"


def test_orders_become_random() -> None:
    """Another one each time, so that nobody finds them again."""
    order = {"idgoal": "0", "ec_id": "A1"}
    hits = read(order, order, privacy=Privacy(anonymize_order_id=True))
    numbers = {hit.request.params.text("ec_id") for hit in hits}
    assert len(numbers) == 2
    assert {len(number) for number in numbers} == {40}
    (hit,) = read({}, privacy=Privacy(anonymize_order_id=True))
    assert not hit.request.params.has("ec_id")
