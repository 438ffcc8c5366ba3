from __future__ import annotations

from qtd.engine.action import ActionType
from qtd.engine.link import link
from qtd.engine.site import Site
from tests.tracking import urls

URLS = urls(Site(idsite=1, urls=("http://example.org",)))


def test_a_target_keeps_scheme_parameters_and_case() -> None:
    """It is stored as it is clicked, under the type of the click."""
    target = "HTTP://Example.org/a.pdf?gclid=1#x"
    action = link(target, ActionType.DOWNLOAD, URLS)
    assert action.names == {"idaction_url": (ActionType.DOWNLOAD, target)}
    assert action.url_prefixes == {}
    assert action.url == action.raw_url == target


def test_a_target_that_is_no_address_is_recorded_without() -> None:
    """The click counts all the same."""
    action = link("mailto:me@example.org", ActionType.OUTLINK, URLS)
    assert action.names == {"idaction_url": None}
    assert action.url is None
