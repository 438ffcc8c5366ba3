"""The kind of a device: what its model told, corrected by what system, browser and fragments of the agent say."""

from __future__ import annotations

from qtd.engine.device.agent import Agent
from qtd.engine.device.fragment import Fragment
from qtd.engine.device.operating_system import OperatingSystem
from qtd.engine.device.version_order import compare

DESKTOP, SMARTPHONE, TABLET, FEATURE_PHONE, CONSOLE, TV, CAR, SMART_DISPLAY = range(8)
CAMERA, MEDIA_PLAYER, PHABLET, SMART_SPEAKER, WEARABLE, PERIPHERAL = range(8, 14)

#: Matomo's names and numbers of the kinds.
DEVICE_TYPES = {
    "desktop": DESKTOP,
    "smartphone": SMARTPHONE,
    "tablet": TABLET,
    "feature phone": FEATURE_PHONE,
    "console": CONSOLE,
    "tv": TV,
    "car browser": CAR,
    "smart display": SMART_DISPLAY,
    "camera": CAMERA,
    "portable media player": MEDIA_PLAYER,
    "phablet": PHABLET,
    "smart speaker": SMART_SPEAKER,
    "wearable": WEARABLE,
    "peripheral": PERIPHERAL,
}
DEVICE_TYPE_NAMES = {number: name for name, number in DEVICE_TYPES.items()}

_VR = Fragment(rb" VR ", b" vr ", after_digit=True)
_CHROME = Fragment(rb"Chrome/[\.0-9]*", b"chrome/", after_digit=True)
_MOBILE_SAFARI = Fragment(
    rb"(?:Mobile|eliboM) Safari/", b"mobile safari/", b"elibom safari/", after_digit=True
)
_SAFARI = Fragment(rb"(?!Mobile )Safari/", b"safari/", after_digit=True)
_APAD = Fragment(rb"Pad/APad", b"pad/apad", after_digit=True)
_ANDROID_TABLET = Fragment(rb"Android( [\.0-9]+)?; Tablet;", b"; tablet;", after_digit=True)
_OPERA_TABLET = Fragment(rb"Opera Tablet", b"opera tablet", after_digit=True)
_ANDROID_MOBILE = Fragment(rb"Android( [\.0-9]+)?; Mobile;", b"; mobile;", after_digit=True)
_TOUCH = Fragment(rb"Touch", b"touch", after_digit=True)
_TV_STORE = Fragment(rb"Opera TV Store| OMI/", b"opera tv store", b" omi/", after_digit=True)
_TV = Fragment(
    rb"Andr0id|(?:Android(?: UHD)?|Google) TV|\(lite\) TV|BRAVIA",
    *(b"andr0id", b" tv", b"bravia"),
    after_digit=True,
)
_SMART_TV = Fragment(rb"SmartTV|Tizen.+ TV .+$", b"smarttv", b"tizen", after_digit=True)
_TV_BRACKET = Fragment(rb"\(TV;", b"(tv;", after_digit=True)
_DESKTOP = Fragment(rb"Desktop(?: (x(?:32|64)|WOW64))?;", b"desktop", after_digit=True)

_TV_BROWSERS = frozenset(
    (
        "Kylo",
        "Espial TV Browser",
        "LUJO TV Browser",
        "LogicUI TV Browser",
        "Open TV Browser",
        "Seraphic Sraf",
        "Opera Devices",
    )
)


def device_type(  # noqa: C901 - one rule after the other, as they are told
    known: int | None, agent: Agent, system: OperatingSystem | None, client_name: str, *, on_desktop: bool
) -> int | None:
    """The kind of the device; null where nothing tells. `known` is what the model told.

    `on_desktop`: the system is one of desktop computers and the browser does not exist for mobile devices only.
    """
    kind = known
    if kind is None:
        kind = _guess_from_system(agent, system)
    if kind == SMARTPHONE and _APAD.found_in(agent):
        kind = TABLET
    if kind is None and (_ANDROID_TABLET.found_in(agent) or _OPERA_TABLET.found_in(agent)):
        kind = TABLET
    if kind is None and _ANDROID_MOBILE.found_in(agent):
        kind = SMARTPHONE
    if system is not None:
        kind = _by_system(kind, agent, system)
    if _TV_STORE.found_in(agent) or _TV.found_in(agent):
        kind = TV
    if kind is None and _SMART_TV.found_in(agent):
        kind = TV
    if client_name in _TV_BROWSERS:
        kind = TV
    if kind is None and _TV_BRACKET.found_in(agent):
        kind = TV
    if b"Desktop" in agent.data and _DESKTOP.found_in(agent):
        return DESKTOP
    return DESKTOP if kind is None and on_desktop else kind


def _guess_from_system(agent: Agent, system: OperatingSystem | None) -> int | None:
    if _VR.found_in(agent):
        return WEARABLE
    # Chrome on Android says "Mobile" on telephones and leaves it out on tablets
    # (https://developer.chrome.com/docs/multidevice/user-agent).
    if system is not None and system.family == "Android" and _CHROME.found_in(agent):
        if _MOBILE_SAFARI.found_in(agent):
            return SMARTPHONE
        if _SAFARI.found_in(agent):
            return TABLET
    return None


def _by_system(kind: int | None, agent: Agent, system: OperatingSystem) -> int | None:
    """Android before 2 was for telephones, Android 3 for tablets; Windows 8 with touch is taken for a tablet."""
    name, number = system.name, system.version
    if kind is None and name == "Android" and number:
        if compare(number, "2.0") < 0:
            kind = SMARTPHONE
        elif compare(number, "3.0") >= 0 and compare(number, "4.0") < 0:
            kind = TABLET
    if kind == FEATURE_PHONE and system.family == "Android":
        kind = SMARTPHONE
    if kind is None and name == "Java ME":
        kind = FEATURE_PHONE
    if (
        kind is None
        and (name == "Windows RT" or (name == "Windows" and compare(number, "8") >= 0))
        and _TOUCH.found_in(agent)
    ):
        kind = TABLET
    return kind
