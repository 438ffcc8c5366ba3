"""A queue's entry as people see it."""

from __future__ import annotations

from qtd.cli.entry_text import entry_document
from qtd.wire.request_set import RequestSet, encode

QUERY = f"idsite=1&uid=me%40example.org&token_auth={'f' * 32}&_id={'a' * 16}&cip=203.0.113.9&url=http://example.org/"

ENTRY = encode(
    RequestSet(
        requests=[{"idsite": "1", "uid": "me@example.org", "_id": "a" * 16, "url": "http://example.org/"}],
        server={"REMOTE_ADDR": "198.51.100.7", "REQUEST_URI": f"/matomo.php?{QUERY}", "QUERY_STRING": QUERY},
        cookies={"_pk_uid": "0=abc"},
        token_auth="f" * 32,
        time=1_795_277_828,
        id="x",
    )
)


def test_who_somebody_is_stays_hidden() -> None:
    """In the request's parameters, in the address that repeats them, in cookies and addresses."""
    shown = str(entry_document(ENTRY, reveal=False))
    for personal in ("example.org'", "%40", "f" * 32, "a" * 16, "203.0.113.9", "198.51.100.7", "abc"):
        assert personal not in shown.replace("http://example.org/'", "")
    assert "idsite=1&uid=[hidden]&" in shown
    assert "url=http://example.org/" in shown


def test_all_is_shown_to_who_asks() -> None:
    """With --reveal."""
    shown = entry_document(ENTRY, reveal=True)
    assert shown["server"]["QUERY_STRING"] == QUERY
    assert shown["requests"][0]["uid"] == "me@example.org"


def test_what_can_not_be_decoded() -> None:
    """Its size; its bytes only with --reveal."""
    assert entry_document(b"garbage", reveal=False) == {"undecodable_bytes": 7}
    assert entry_document(b"garbage", reveal=True) == {"undecodable_bytes": 7, "text": "garbage"}
