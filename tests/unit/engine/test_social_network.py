from __future__ import annotations

import pytest

from qtd.engine.social_network import SocialNetworks

NETWORKS = SocialNetworks({"t.co": "Twitter", "face.example": "Face", "m.face.example": "Mobile"})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://t.co/abc", "Twitter"),
        ("https://m.face.example", "Face"),
        ("https://face.example.org/", "Face"),
        ("https://facexexample/", "Face"),
        ("https://notface.example/", None),
        ("https://face.example:80/", None),
        ("https://x.example/?u=http://t.co/", "Twitter"),
        ("", None),
    ],
)
def test_finds_the_first_domain_in_the_address(url: str, name: str | None) -> None:
    """The list's first domain between dots, slashes and ends counts, wherever it is; its dots match anything."""
    assert NETWORKS.detect(url) == name


def test_an_empty_list_knows_nothing() -> None:
    """Without a list nothing is a social network."""
    assert SocialNetworks({}).detect("https://t.co/") is None
