from __future__ import annotations

import json
import time
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtd.log.redact import LONGEST_TEXT, redact, redact_text

#: What a token, password or salt may consist of where it stands without quotes.
WORDS = st.text("abcdefABCDEF0123456789!$*+./?_~-", min_size=6, max_size=40).map(lambda word: f"Zq{word}")


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "GET /matomo.php?idsite=1&token_auth=c0ffee&rec=1",
            "GET /matomo.php?idsite=1&token_auth=[hidden]&rec=1",
        ),
        ("?token_auth=c0ffee HTTP/1.1", "?token_auth=[hidden] HTTP/1.1"),
        ("%26token_auth%3Dc0ffee", "%26token_auth%3D[hidden]"),
        ('{"token_auth":"c0ffee","x":1}', '{"token_auth":[hidden],"x":1}'),
        ("{'tokenAuth': 'c0ffee'}", "{'tokenAuth': [hidden]}"),
        ('"{\\"token_auth\\":\\"c0ffee\\"}"', '"{\\"token_auth\\":[hidden]}"'),
        ('password="two words" user=a', "password=[hidden] user=a"),
        ('"password": "a\\"b", "c": 1', '"password": [hidden], "c": 1'),
        ("salt: abc", "salt: [hidden]"),
        ("db_password = x", "db_password = [hidden]"),
        ("mysql+pymysql://root:hunter2@db/matomo", "mysql+pymysql://[hidden]@db/matomo"),
        ("redis://:p@ss:w@rd@host:6379/0", "redis://[hidden]@host:6379/0"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer [hidden]"),
        ("http://example.org/a@b", "http://example.org/a@b"),
        ("the password is wrong", "the password is wrong"),
        ("", ""),
    ],
)
def test_secrets_are_taken_out(text: str, redacted: str) -> None:
    """Tokens, passwords, salts and credentials disappear from queries, JSON and URLs; the rest stays."""
    assert redact_text(text) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("from 198.51.100.7.", "from 198.51.x.x."),
        ("198.51.100.7:80", "198.51.x.x:80"),
        ("[2001:db8:1:2::7]:80", "[2001:0db8:x]:80"),
        ("2001:0db8:0001:0002:0003:0004:0005:0006", "2001:0db8:x"),
        ("::ffff:198.51.100.7 64:ff9b::c633:6407.", "::ffff:198.51.x.x 0064:ff9b:x."),
        ("fe80::1", "fe80:0000:x"),
        ("127.0.0.1:6379 [::1]:6379 0.0.0.0 ::", "127.0.0.1:6379 [::1]:6379 0.0.0.0 ::"),
        (
            "at 12:30:45, version 1.2.3.4.5, 999.1.1.1, a::b::c",
            "at 12:30:45, version 1.2.3.4.5, 999.1.1.1, a::b::c",
        ),
    ],
)
def test_addresses_are_cut_to_their_network(text: str, redacted: str) -> None:
    """Of an address only its network stays; loopback, times and versions are no visitor's address."""
    assert redact_text(text) == redacted


def test_fields_named_like_secrets_are_hidden_whole() -> None:
    """A field with a secret's name is hidden whatever it holds, also inside other fields."""
    event = {
        "token_auth": "x",
        "redis_password": 5,
        "HTTP_COOKIE": "a=b",
        "headers": {"Authorization": "Basic eA==", "Host": "h", "list": [b"salt=x", None, True, 1]},
    }
    assert redact(event) == {
        "token_auth": "[hidden]",
        "redis_password": "[hidden]",
        "HTTP_COOKIE": "[hidden]",
        "headers": {"Authorization": "[hidden]", "Host": "h", "list": ["salt=[hidden]", None, True, 1]},
    }


@given(
    secret=WORDS,
    name=st.sampled_from(["token_auth", "TOKEN_AUTH", "password", "db.password", "salt", "client-secret"]),
    before=st.sampled_from(["", "?", "a=1&", "error: ", "{", "http://h/?x=%20&"]),
)
def test_no_form_of_a_secret_gets_through(secret: str, name: str, before: str) -> None:
    """A secret does not survive as a query, as JSON, as Python shows it, or in a URL."""
    for text in (
        f"{before}{name}={secret}",
        f"{before}{name}={secret}&b=2",
        f"{before}{name}={quote(secret, safe='')}",
        before + json.dumps({name: secret, "b": 2}),
        before + json.dumps(json.dumps({name: secret})),
        before + repr({name: secret}),
        before + repr(json.dumps({name: secret})),
    ):
        assert secret not in redact_text(text), text
        assert quote(secret, safe="") not in redact_text(text), text


@given(
    address=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)),
    form=st.sampled_from(["{}", "ip {},", "[{}]", "'{}'"]),
)
def test_no_full_address_gets_through(address: IPv4Address | IPv6Address, form: str) -> None:
    """Whatever the address and what stands around it, it is not in the log in full."""
    if not (address.is_loopback or address.is_unspecified):
        assert str(address) not in redact_text(form.format(address))


@pytest.mark.parametrize("piece", ["a", "a.", "password", "a-", "1.", ":", "://", "@", '"', "\\", "=", "a:"])
def test_long_texts_are_cut_and_quick(piece: str) -> None:
    """A text of any length and kind takes milliseconds, and what is written of it is bounded."""
    text = "token_auth=" + piece * (1_000_000 // len(piece))
    before = time.process_time()
    redacted = redact_text(text)
    assert time.process_time() - before < 0.5
    assert len(redacted) <= LONGEST_TEXT + 100
