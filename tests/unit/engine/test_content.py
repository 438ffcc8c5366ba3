from __future__ import annotations

from qtd.engine.action import ActionType
from qtd.engine.content import content
from qtd.engine.site import Site
from tests.tracking import request, urls

SITE = Site(idsite=1, urls=("http://example.org",))


def test_its_names_have_types_of_their_own() -> None:
    """The page's address keeps its scheme and has the content's type."""
    asked = request(
        SITE, url="http://www.example.org/p?gclid=1", c_n=" n ", c_p="p", c_t="http://t.example", c_i="click"
    )
    action = content(asked, urls(SITE))
    assert action.names == {
        "idaction_content_name": (ActionType.CONTENT_NAME, "n"),
        "idaction_content_interaction": (ActionType.CONTENT_INTERACTION, "click"),
        "idaction_content_piece": (ActionType.CONTENT_PIECE, "p"),
        "idaction_content_target": (ActionType.CONTENT_TARGET, "http://t.example"),
        "idaction_url": (ActionType.CONTENT_NAME, "http://www.example.org/p"),
    }
    assert action.url_prefixes == {}


def test_what_is_white_space_is_left_out() -> None:
    """All but the name may be missing; a page without address is 0."""
    action = content(request(SITE, c_n="n", c_p=" ", c_i=""), urls(SITE))
    assert action.names == {
        "idaction_content_name": (ActionType.CONTENT_NAME, "n"),
        "idaction_url": None,
    }


def test_a_name_of_white_space_is_an_objection() -> None:
    """Matomo refuses the request where it looks the name up."""
    objection = content(request(SITE, c_n=" "), urls(SITE)).objection
    assert objection is not None
    assert objection.reason == "empty_content_name"
