from __future__ import annotations

import pytest

from qtd.engine.authentication import authenticates, hash_token
from qtd.engine.settings import Settings

SALT = "oracle-salt-0123456789abcdef01234567"
SUPER, WRITER = "c0ffee00" * 4, "0badcafe" * 4
SETTINGS = Settings(
    salt=SALT,
    super_user_tokens=frozenset({hash_token(SUPER, SALT)}),
    site_tokens={1: frozenset({hash_token(WRITER, SALT)})},
)


def test_a_token_is_stored_as_matomo_stores_it() -> None:
    """The digest is that of a recorded `user_token_auth` row."""
    assert hash_token(SUPER, SALT) == (
        "a3b63dc697dd45c859d0ee3c20d58235ac2acadbe26535ffad1cfac09e5057d2"
        "4868732c27de815978ff28d6414783f0fd89f5d85aedb1a43a52368a49ddb51e"
    )


@pytest.mark.parametrize(
    ("token", "idsite", "expected"),
    [
        (SUPER, 1, True),
        (SUPER, 2, True),
        (WRITER, 1, True),
        (WRITER, 2, False),
        ("feedface" * 4, 1, False),
        ("", 1, False),
        (SUPER, 0, False),
        (hash_token(SUPER, SALT), 1, False),
        ("\udc80", 1, False),
    ],
)
def test_who_may_write_where(token: str, idsite: int, *, expected: bool) -> None:
    """Super users everywhere, others on their sites; a digest is no token."""
    assert authenticates(token, idsite, SETTINGS) is expected
