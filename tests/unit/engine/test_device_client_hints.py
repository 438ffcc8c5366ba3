from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.device import ClientHints, client_hints_from
from qtd.engine.invalid import InvalidRequest

BRANDS = '"brands": [{"brand": "Chromium", "version": "120"}]'
FULL = (
    '"fullVersionList": [{"brand": "Google Chrome", "version": "120.0.1"}, '
    '{"brand": "Chromium", "version": "120.0.2"}]'
)


def test_the_parameter_is_read() -> None:
    """Every hint that detection uses comes from the `uadata` parameter."""
    uadata = (
        '{"model": "SM-S918B", "platform": "Android", "platformVersion": "14.0.0", "mobile": true, '
        '"uaFullVersion": "1", "bitness": "64", "x-requested-with": "com.example", ' + BRANDS + "}"
    )
    assert client_hints_from({}, uadata) == ClientHints(
        model="SM-S918B",
        platform="Android",
        platform_version="14.0.0",
        full_version="1",
        brands=(("Chromium", "120"),),
        mobile=True,
        app="com.example",
    )


def test_the_parameter_makes_headers_count_no_more() -> None:
    """Headers are used only where the parameter is missing or empty; a parameter that is no JSON means no hints."""
    server = {"HTTP_SEC_CH_UA_MOBILE": "?1"}
    assert client_hints_from(server, "") == ClientHints(mobile=True)
    assert client_hints_from(server, None) == ClientHints(mobile=True)
    assert client_hints_from(server, '{"platform": "Linux"}') == ClientHints(platform="Linux")
    for uadata in ("notjson", "[]", "null", "7", '{"brands": "x"}', '{"unknown": 1}'):
        assert client_hints_from(server, uadata) is None


def test_quotes_of_headers_become_part_of_the_value() -> None:
    """Matomo escapes headers before it strips their quotes, so a quoted platform is none that it knows."""
    hints = client_hints_from(
        {"HTTP_SEC_CH_UA_PLATFORM": '"Windows"', "HTTP_SEC_CH_UA": '"Chromium";v="120"'}
    )
    assert hints == ClientHints(platform="&quot;Windows&quot;")


def test_the_list_with_full_versions_is_preferred() -> None:
    """Brands are read from the list with full versions where there is one, in either order."""
    for uadata in ("{" + BRANDS + ", " + FULL + "}", "{" + FULL + ", " + BRANDS + "}"):
        hints = client_hints_from({}, uadata)
        assert hints is not None
        assert hints.brands == (("Google Chrome", "120.0.1"), ("Chromium", "120.0.2"))


@pytest.mark.parametrize(
    ("entries", "brands"),
    [
        ('[{"brand": "A", "version": "1"}, {"brand": "A", "version": "2"}]', (("A", "2"),)),
        ('[{"brand": "A"}]', ()),
        ('[{"brand": 1}]', ()),
        ('[[], "x", {"brand": "A", "version": "1"}]', (("A", "1"),)),
        ('[{"brand": "A", "version": 1}]', (("A", None),)),
        ('[{"brand": null, "version": "1"}]', (("", "1"),)),
        ('{"x": {"brand": "A", "version": "1"}}', (("A", "1"),)),
    ],
)
def test_incomplete_brands_are_left_out(entries: str, brands: tuple[tuple[str, str | None], ...]) -> None:
    """A list counts only where every brand has a version; the last version of a brand counts."""
    hints = client_hints_from({}, '{"mobile": true, "brands": ' + entries + "}")
    assert hints == ClientHints(mobile=True, brands=brands)


@pytest.mark.parametrize(
    "uadata",
    [
        '{"platform": null}',
        '{"model": ["a"]}',
        '{"platformVersion": 10}',
        '{"bitness": 64}',
        '{"sec-ch-ua": []}',
        '{"x-requested-with": 1}',
        '{"brands": [{"brand": "99", "version": "1"}]}',
        '{"brands": [{"brand": true, "version": "1"}]}',
    ],
)
def test_hints_of_a_wrong_type_make_the_request_invalid(uadata: str) -> None:
    """Matomo fails on a hint that should be text and is not, and records nothing."""
    with pytest.raises(InvalidRequest) as caught:
        client_hints_from({}, uadata)
    assert caught.value.reason == "client_hints"


@pytest.mark.parametrize(
    ("value", "mobile"), [(True, True), ("1", True), ("?1", True), ("?0", False), (1, False), ("yes", False)]
)
def test_mobile_is_what_matomo_takes_for_true(value: Any, *, mobile: bool) -> None:
    """Only true, 1 and ?1 as text say that the device is a mobile one."""
    hints = client_hints_from({}, {"mobile": value, "platform": "x"})
    assert hints == ClientHints(mobile=mobile, platform="x")
