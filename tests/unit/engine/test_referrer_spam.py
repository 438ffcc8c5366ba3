from __future__ import annotations

import random

import pytest

from qtd.engine.referrer_spam import ReferrerSpam
from qtd.store.lists import load_referrer_lists

SPAMMERS = ("spam.example", "QIWI.xyz", "a.b", "trailing.example ", "nodot", "")


@pytest.mark.parametrize(
    ("urlref", "expected"),
    [
        ("http://spam.example/", True),
        ("http://www.SPAM.example", True),
        ("http://antispam.examples.org/", True),
        ("http://good.example/?u=http%3A%2F%2Fspam.example", True),
        ("http://good.example/?u=spam.exampl", False),
        ("https://qiwi.XYZ/", True),
        ("http://xa.bc/", True),
        ("http://trailing.example/", False),
        ("http://x/NODOT", True),
        ("spam.example", True),
        (".example", False),
        ("", False),
    ],
)
def test_finds_a_domain_anywhere(urlref: str, expected: bool) -> None:  # noqa: FBT001 - a table
    """A spammer's domain is a piece of text, in any case and place, and its line counts as it is written."""
    assert ReferrerSpam(SPAMMERS).is_spam(urlref) is expected


def test_agrees_with_a_plain_search() -> None:
    """Looking only at dots finds exactly what a search for every domain of the real list finds."""
    spammers = load_referrer_lists().spammers
    spam = ReferrerSpam(spammers)
    chance = random.Random(1)
    found = 0
    for _ in range(300):
        domain = chance.choice(spammers)
        cut = chance.randint(0, 1)
        urlref = (
            chance.choice(("http://", "x", ".", "")) + domain[cut:].upper() + chance.choice(("", "/", "a.b"))
        )
        expected = any(line.lower() in urlref.lower() for line in spammers)
        found += expected
        assert spam.is_spam(urlref) is expected, urlref
    assert found > 100
