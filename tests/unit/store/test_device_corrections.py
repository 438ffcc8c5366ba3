from __future__ import annotations

import pytest

from qtd.engine.device import DeviceDetector
from qtd.store import regexes
from qtd.store.device_corrections import corrected, corrections
from qtd.store.regexes import device_definitions

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/100.0.4896.127"


def test_every_correction_still_finds_its_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer package that makes a correction idle is noticed here, before its rows differ."""
    monkeypatch.setattr(regexes, "corrected", lambda definitions, _: (definitions, []))
    assert corrected(device_definitions(), corrections())[1] == []


@pytest.fixture(scope="module")
def detector() -> DeviceDetector:
    """Detect by the packaged and corrected definitions."""
    return DeviceDetector(device_definitions())


@pytest.mark.parametrize(
    ("agent", "column", "value"),
    [
        (
            f"Mozilla/5.0 (Linux; Android 12; SM-T870) {CHROME} SamsungBrowser/21.0",
            "browser_engine",
            "WebKit",
        ),
        (f"Mozilla/5.0 (Linux; Android 12; SM-T870; wv) {CHROME} Mobile Safari/537.36", "browser_name", "CM"),
        (
            f"Mozilla/5.0 (Linux; Android 12; x) Version/4.0 {CHROME} Mobile Safari/537.36",
            "browser_name",
            "CV",
        ),
        ("Mozilla/5.0 (X11; U; SunOS sun4u; en-US; rv:1.7) Gecko/20070606", "browser_name", "UNK"),
        ("Mozilla/5.0 (iPhone) Mobile/15E148 Instagram 142.0.0.22", "browser_name", "Instagram App"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) Puffin/10.9.0 Mobile", "browser_name", "PU"),
        (f"Mozilla/5.0 (Linux; Android 12; ANY-NX1) {CHROME} Mobile Safari/537.36", "device_brand", "HU"),
        ("WhatsApp/2.23.20.0 A", "os", "UNK"),
        (
            f"Mozilla/5.0 (Linux; Android 10; Quest 2) OculusBrowser/15.0 {CHROME} VR Safari/537.36",
            "os",
            "AND",
        ),
        ("Monitor/12 x", "is_bot", False),
        ("My user agent script", "is_bot", True),
        ("custom user agent", "is_bot", False),
        (
            f"Mozilla/5.0 (Linux; Android 8.1.0; SM-T585) {CHROME}",
            "device_model",
            'Galaxy Tab A 10.1" WiFi (2016)',
        ),
        ("Safari/1 CFNetwork/1240 Darwin/20.0.0 (Macmini9%2C1)", "device_model", "Mac Mini (2020)"),
        (f"Mozilla/5.0 (Linux; Android 10; RMX1973) {CHROME} HeyTapBrowser/45.7.1", "client_type", 5),
        ("Linux UPnP/1.0 Sonos/53.2-70100 (ZPS9)", "device_type", 9),
        ("Fountain/0.2.6 iOS https://www.fountain.example", "os", "UNK"),
        (
            "UCWEB/2.0 (Linux; U; Opera Mini/7.1.32052/30.3697; en-US; x) U2/1.0.0 UCBrowser/9.1",
            "browser_name",
            "OI",
        ),
        ("some-crawler/1", "is_bot", True),
    ],
)
def test_agents_in_wide_use_are_what_matomo_5_0_takes_them_for(
    agent: str, column: str, value: object, detector: DeviceDetector
) -> None:
    """The packaged definitions alone would give other values here."""
    assert getattr(detector.detect(agent), column) == value
