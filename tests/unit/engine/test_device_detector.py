from __future__ import annotations

import json
from typing import Any

import pytest

from qtd.engine.device import Definitions, Device, DeviceDetector, client_hints_from
from qtd.engine.device.codes import Codes

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Mobile Safari/537.36"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Safari/537.36"

CODES = Codes(
    systems={
        "WIN": "Windows",
        "AND": "Android",
        "FIR": "Fire OS",
        "LIN": "GNU/Linux",
        "COS": "Chrome OS",
        "IOS": "iOS",
    },
    system_families={
        "Windows": ["WIN"],
        "Android": ["AND", "FIR"],
        "GNU/Linux": ["LIN"],
        "Chrome OS": ["COS"],
        "iOS": ["IOS"],
    },
    browsers={
        "CH": "Chrome",
        "CM": "Chrome Mobile",
        "CR": "Chromium",
        "OP": "Opera",
        "I1": "Iridium",
        "OI": "Opera Mini",
    },
    browser_families={"Chrome": ["CH", "CM", "CR", "I1"], "Opera": ["OP", "OI"]},
    mobile_browsers=frozenset(["OI"]),
    engines=["Blink", "Presto"],
    brands={"SA": "Samsung", "AP": "Apple", "AC": "Acer"},
)


def browser(regex: str, name: str, version: str = "$1", **more: Any) -> dict[str, Any]:
    """Make an entry of a file of clients."""
    return {"regex": regex, "name": name, "version": version, **more}


DEFINITIONS = Definitions(
    origin="made up",
    bots=[{"regex": r"\w*bot", "name": "Bot"}],
    operating_systems=[
        {"regex": r"AFT\w+.*Android (\d+)|Android (\d+).*AFT", "name": "Fire OS", "version": "$1$2"},
        {"regex": r"CrOS \w+ ([\d.]+)", "name": "Chrome OS", "version": "$1"},
        {
            "regex": "Windows",
            "name": "Windows",
            "versions": [{"regex": "NT 6.2", "version": "8"}, {"regex": r"NT ([\d.]+)", "version": "$1"}],
        },
        {"regex": r"Android[ /]([\d.]+)|Android", "name": "Android", "version": "$1"},
        {"regex": "iPhone OS ([\\d_]+)", "name": "iOS", "version": "$1"},
        {"regex": "Linux|X11", "name": "GNU/Linux"},
    ],
    clients={
        "feed reader": [browser(r"Reader/(\d+)", "Reader")],
        "mobile app": [browser(r"([A-Z]\w+)App/([\d.]+)", "$1", "$2")],
        "mediaplayer": [browser("Player", "Player", "")],
        "pim": [browser("Mail", "Mail", "")],
        "library": [browser(r"curl/([\d.]+)", "curl")],
    },
    browsers=[
        browser(r"Opera Mini/([\d.]+)", "Opera Mini", engine={"default": "", "versions": {"30": "Blink"}}),
        browser(r"Chrome/([\d.]+) Mobile", "Chrome Mobile", engine={"default": "Blink"}),
        browser(r"Chrome/([\d.]+)", "Chrome", engine={"default": "WebKit", "versions": {"28": "Blink"}}),
    ],
    engines=[{"regex": "Presto", "name": "presto"}],
    hardware={
        "televisions": {"Samsung": {"regex": "Maple", "device": "tv", "model": "Smart TV"}},
        "shell_tv": {},
        "notebooks": {},
        "consoles": {},
        "car_browsers": {},
        "cameras": {"Samsung": {"regex": "EK-", "device": "camera", "model": "Camera"}},
        "portable_media_player": {},
        "mobiles": {
            "Apple": {"regex": "iPhone|iPhoney", "device": "smartphone", "model": "iPhone"},
            "Samsung": {
                "regex": "SM-|GT-",
                "device": "smartphone",
                "models": [
                    {"regex": r"SM-S91(\d)", "model": "Galaxy S$1"},
                    {"regex": "SM-T", "model": "Tab_X", "device": "tablet"},
                    {"regex": "GT-A", "model": "Iconia", "brand": "Acer"},
                ],
            },
            "Unknown": {"regex": "Nobody", "device": "smartphone", "model": "Thing"},
        },
    },
    vendor_fragments={"Acer": ["MAAR(?:JS)?"]},
    app_hints={"com.example.app": "Example"},
    browser_hints={"com.opera.mini": "Opera Mini"},
    codes=CODES,
)


@pytest.fixture(scope="module")
def detector() -> DeviceDetector:
    """Detect by the definitions made up above."""
    return DeviceDetector(DEFINITIONS)


def hinted(detector: DeviceDetector, agent: str, **hints: Any) -> Device:
    """Detect with client hints given as the tracking parameter."""
    return detector.detect(agent, client_hints_from({}, json.dumps(hints)))


def brands(*names_and_versions: str) -> list[dict[str, str]]:
    """Brands as browsers list them."""
    pairs = zip(names_and_versions[::2], names_and_versions[1::2], strict=True)
    return [{"brand": name, "version": version} for name, version in pairs]


def test_an_agent_that_says_nothing_is_unknown(detector: DeviceDetector) -> None:
    """Without a known system the version is unknown too, while the kind of client is null."""
    assert detector.detect("") == Device()
    assert detector.detect("???") == Device(os="UNK", os_version="UNK", browser_name="UNK", client_type=None)


def test_a_robot_is_nothing_else(detector: DeviceDetector) -> None:
    """Of robots nothing but that is told, except that hints can make them mobile."""
    assert detector.detect("Chrome/1 Mobile Googlebot/2.1 (Windows)") == Device(
        is_bot=True, os="BOT", fingerprint_os="BOT"
    )
    assert hinted(detector, "Googlebot", mobile=True).device_model == "generic mobile"


def test_other_clients_than_browsers_do_not_count_in_the_fingerprint(detector: DeviceDetector) -> None:
    """A client that is no browser is stored by its name, and its version stays out of the fingerprint."""
    device = detector.detect("curl/8.0.1")
    assert (device.browser_name, device.browser_version, device.client_type) == ("curl", "8.0", 2)
    assert (device.fingerprint_browser, device.fingerprint_browser_version) == ("UNK", "")


def test_names_are_cut_to_their_column(detector: DeviceDetector) -> None:
    """Long names and versions end where their columns end."""
    device = detector.detect(f"A{'x' * 60}App/{'1' * 30}.2")
    assert device.browser_name == "A" + "x" * 39
    assert device.browser_version == "1" * 20


@pytest.mark.parametrize(
    ("agent", "kind", "model"),
    [
        (WINDOWS, 0, "generic desktop"),
        (ANDROID, 1, "generic smartphone"),
        (ANDROID.replace(" Mobile", ""), 2, "generic tablet"),
        ("Linux; Android 5; x", None, "generic mobile"),
        ("Linux; Android 4; x", 2, "generic tablet"),
        ("Linux; Android 1.6; x", 1, "generic smartphone"),
        ("Linux; Android 3.2; x", 2, "generic tablet"),
        ("Android 5; Tablet; rv", 2, "generic tablet"),
        ("Android; Mobile; rv", 1, "generic smartphone"),
        ("Android 9 BRAVIA", 5, "generic tv"),
        ("Android 9 (TV; x", 5, "generic tv"),
        ("Linux SmartTV", 5, "generic tv"),
        ("Linux; VR x", 12, "generic wearable"),
        ("Windows NT 6.2; Touch", 2, "generic tablet"),
        ("Windows NT 6.1; Touch", 0, "generic desktop"),
        ("Linux Opera Mini/7.1", None, "generic mobile"),
        ("Android 9; SM-S918 Desktop;", 0, "Galaxy S8"),
        ("HbbTV/1.2.1 Linux", 5, "generic tv"),
        ("HbbTV/1.2.1 Maple", 5, "Smart TV"),
        ("Linux; Nobody x", 1, "Thing"),
    ],
)
def test_what_tells_the_kind_of_device(
    agent: str, kind: int | None, model: str, detector: DeviceDetector
) -> None:
    """Model, system, browser and fragments of the agent tell the kind, and the kind stands for an unknown model."""
    device = detector.detect(agent)
    assert (device.device_type, device.device_model) == (kind, model)


@pytest.mark.parametrize(
    ("agent", "brand", "model"),
    [
        ("Android 9; SM-S918B", "SA", "Galaxy S8"),
        ("Android 9; SM-T1", "SA", "Tab X"),
        ("Android 9; GT-A1", "AC", "Iconia"),
        ("Android 9; GT-Z", "SA", "generic smartphone"),
        ("Android 9; iPhone", "", "generic mobile"),
        ("iPhone OS 17_1", "AP", "iPhone"),
        ("iPhone OS 17_1 (SM-S918)", "AP", "iPhone"),
        ("Windows NT 6.1; MAARJS; x", "AC", "generic desktop"),
        ("Windows NT 6.1; SM-S918", "", "generic desktop"),
        ("Linux EK-1", "SA", "Camera"),
    ],
)
def test_what_tells_brand_and_model(agent: str, brand: str, model: str, detector: DeviceDetector) -> None:
    """The first brand and its first model count; a model's own brand goes first; desktops have no model."""
    device = detector.detect(agent)
    assert (device.device_brand, device.device_model) == (brand, model)


def test_a_hidden_model_is_restored_from_hints(detector: DeviceDetector) -> None:
    """Where Chrome says "K", the hints' model and version take its place before the model is looked up."""
    device = hinted(
        detector, ANDROID, platform="Android", platformVersion="14.0.0", model="SM-S912B", mobile=True
    )
    assert (device.device_brand, device.device_model, device.os_version) == ("SA", "Galaxy S2", "14.0")
    assert hinted(detector, ANDROID, model="Strange").device_model == "Strange"
    assert hinted(detector, "Android 9; SM-T1", model="SM-S912B").device_model == "Tab X"


@pytest.mark.parametrize(
    ("agent", "platform", "version", "expected"),
    [
        (WINDOWS, "Windows", "15.0.0", ("WIN", "11")),
        (WINDOWS, "Windows", "10.0.0", ("WIN", "10")),
        (WINDOWS, "Windows", "0.1.0", ("WIN", "10.0")),
        (WINDOWS, "windows", "", ("WIN", "10.0")),
        (WINDOWS, "Nonsense", "3", ("WIN", "10.0")),
        (WINDOWS, "Linux", "6.5.0", ("LIN", "6.5")),
        (ANDROID, "Android", "", ("AND", "10")),
        ("AFTKA Android 9", "Android", "9.0.0", ("FIR", "7")),
        ("AFTKA Android 9", "Android", "6.0.0", ("FIR", "6.0")),
        ("X11; CrOS x86_64 14541.0.0", "Linux", "14541.0.0", ("COS", "14541.0")),
        ("X11; CrOS x86_64 14541.0.0", "Linux", "6.1", ("LIN", "6.1")),
    ],
)
def test_hints_name_the_system(
    agent: str, platform: str, version: str, expected: tuple[str, str], detector: DeviceDetector
) -> None:
    """Hints go before the agent, which may still know the version or the member of the family."""
    device = hinted(detector, agent, platform=platform, platformVersion=version)
    assert (device.os, device.os_version) == expected


@pytest.mark.parametrize(
    ("agent", "list_", "expected"),
    [
        (WINDOWS, brands("Google Chrome", "121.0.1", "Chromium", "121.0.1"), ("CH", "121.0", "Blink")),
        (WINDOWS, brands("Chromium", "121.0.1", "Opera", "98.0.2"), ("OP", "98.0", "")),
        (WINDOWS, brands("Chromium", "121.0.1"), ("CH", "120.0", "Blink")),
        (WINDOWS, brands("Chrome Browser", "9"), ("CH", "9", "Blink")),
        (WINDOWS, brands("Google Chrome", "120"), ("CH", "120.0", "Blink")),
        (WINDOWS, brands("Not A Brand", "8"), ("CH", "120.0", "Blink")),
        (WINDOWS, brands("Opera", ""), ("CH", "120.0", "Blink")),
        (WINDOWS, brands("Chromium", "2022.04"), ("I1", "2022.04", "Blink")),
        (ANDROID.replace(" Mobile", "  Mobile"), brands("Google Chrome", "120"), ("CH", "120.0", "Blink")),
        ("Chrome/120.0 Mobile", brands("Google Chrome", "121"), ("CM", "121", "Blink")),
    ],
)
def test_hints_name_the_browser(
    agent: str, list_: list[dict[str, str]], expected: tuple[str, str, str], detector: DeviceDetector
) -> None:
    """A brand with a version goes before the agent, which may know a more special browser, version or engine."""
    device = hinted(detector, agent, fullVersionList=list_)
    assert (device.browser_name, device.browser_version, device.browser_engine) == expected


def test_an_application_names_itself_by_the_header_of_web_views(detector: DeviceDetector) -> None:
    """`X-Requested-With` names applications and browsers that their agents do not show, without a version."""
    app = hinted(detector, ANDROID, **{"X-Requested-With": "com.example.app"})
    assert (app.browser_name, app.browser_version, app.client_type) == ("Example", "", 5)
    mini = hinted(detector, ANDROID, **{"X-Requested-With": "com.opera.mini"})
    assert (mini.browser_name, mini.browser_version, mini.browser_engine) == ("OI", "", "Blink")


def test_the_engine_is_told_by_rule_version_or_agent(detector: DeviceDetector) -> None:
    """An engine can belong to a browser, to its versions, or be looked up in the agent."""
    assert detector.detect("Chrome/27.0").browser_engine == "WebKit"
    assert detector.detect("Chrome/28.0").browser_engine == "Blink"
    assert detector.detect("Opera Mini/31.0").browser_engine == "Blink"
    assert detector.detect("Opera Mini/7.1 Presto/2").browser_engine == "Presto"
    assert detector.detect("Opera Mini/7.1").browser_engine == ""


def test_devices_are_remembered_within_bounds() -> None:
    """The newest agents are remembered up to the given number, and longer ones than usual not at all."""
    detector = DeviceDetector(DEFINITIONS, cache_size=2)
    first = detector.detect("curl/1.0")
    assert detector.detect("curl/1.0") is first
    for number in (2, 3):
        detector.detect(f"curl/{number}.0")
    assert detector.detect("curl/1.0") is not first
    long = "curl/1.0 " + "x" * 2000
    assert detector.detect(long) == first
    assert detector.detect(long) is not detector.detect(long)
