"""Tells a visitor's device from his user agent and client hints, as Matomo does."""

from __future__ import annotations

from functools import lru_cache

from qtd.engine.device.agent import Agent
from qtd.engine.device.client import BROWSER, Client, Clients
from qtd.engine.device.client_hints import ClientHints
from qtd.engine.device.codes import UNKNOWN
from qtd.engine.device.definitions import Definitions
from qtd.engine.device.detected import Device
from qtd.engine.device.device_type import DEVICE_TYPE_NAMES, device_type
from qtd.engine.device.hardware import Hardware, HardwareFiles
from qtd.engine.device.operating_system import OperatingSystem, OperatingSystems, code_of
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.php import cut_bytes

_BOT = "BOT"
#: Numbers of `config_client_type`.
_CLIENT_TYPES = {"browser": 1, "library": 2, "feed reader": 3, "mediaplayer": 4, "mobile app": 5, "pim": 6}
_APPLE_SYSTEMS = frozenset(("iPadOS", "tvOS", "watchOS", "iOS", "Mac"))
_NO_HINTS = ClientHints()
#: Longer agents are rare and mostly attacks; remembering them would cost more memory than it saves time.
_LONGEST_REMEMBERED = 1024


class DeviceDetector:
    """Device detection with one version of Matomo's definitions.

    Remembers the devices of the `cache_size` agents seen last (about 1 KB each). Patterns are compiled when first
    needed; the object may be shared by threads.
    """

    def __init__(self, definitions: Definitions, *, cache_size: int = 10_000) -> None:
        self._bots = PatternSet(rule["regex"] for rule in definitions.bots)
        self._systems = OperatingSystems(definitions)
        self._clients = Clients(definitions)
        self._hardware = HardwareFiles(definitions)
        self._codes = definitions.codes
        self._remembered = lru_cache(maxsize=cache_size)(self._detect)

    def detect(self, user_agent: str, client_hints: ClientHints | None = None) -> Device:
        """The device of a user agent (as sanitized by Matomo) and of the client hints that came with it.

        Raises InvalidRequest for client hints that Matomo would fail on.
        """
        if len(user_agent) > _LONGEST_REMEMBERED:
            return self._detect(user_agent, client_hints)
        return self._remembered(user_agent, client_hints)

    def _detect(self, user_agent: str, client_hints: ClientHints | None) -> Device:
        agent = Agent(user_agent)
        hints = client_hints or _NO_HINTS
        if self._bots.any(agent):
            model = "generic mobile" if hints.mobile else ""
            return Device(is_bot=True, os=_BOT, fingerprint_os=_BOT, device_model=model)
        system = self._systems.find(agent, hints)
        client = self._clients.find(agent, hints)
        hardware = self._judged(self._hardware.find(agent, hints), system)
        mobile_browser = (
            client is not None and client.type == BROWSER and self._codes.is_mobile_browser(client.name)
        )
        desktop_system = system is not None and self._systems.is_desktop(system.name)
        kind = device_type(
            hardware.type,
            agent,
            system,
            client.name if client else UNKNOWN,
            on_desktop=desktop_system and not mobile_browser,
        )
        # Asked only where the kind is unknown; the system is then no desktop's, or the browser a mobile one.
        is_mobile = hints.mobile or mobile_browser or (system is not None and not desktop_system)
        brand = self._codes.brand_code(hardware.brand)
        return _device(system, client, hardware._replace(type=kind, brand=brand), is_mobile=is_mobile)

    def _judged(self, hardware: Hardware, system: OperatingSystem | None) -> Hardware:
        """Apple makes what runs its systems, and nothing that runs Android: such an agent is made up."""
        if system is None:
            return hardware
        if system.name == "Android" and hardware.brand == "Apple":
            return Hardware()
        if not hardware.brand and system.name in _APPLE_SYSTEMS:
            return hardware._replace(brand="Apple")
        return hardware


def _device(
    system: OperatingSystem | None, client: Client | None, hardware: Hardware, *, is_mobile: bool
) -> Device:
    """The values as they end in the columns, cut to their widths; the hardware's brand is its code."""
    if hardware.model not in ("", "0"):
        model = hardware.model[:100]
    elif hardware.type is not None:
        model = f"generic {DEVICE_TYPE_NAMES[hardware.type]}"
    else:
        model = "generic mobile" if is_mobile else ""
    code = code_of(system)
    is_browser = client is not None and client.type == BROWSER
    name = (client.code or client.name or UNKNOWN) if client else UNKNOWN
    number = client.version if client and client.version != "0" else ""
    return Device(
        browser_engine=client.engine[:10] if client else "",
        browser_name=name[:40],
        browser_version=cut_bytes(number, 20),
        client_type=_CLIENT_TYPES[client.type] if client else None,
        device_brand=hardware.brand,
        device_model=model,
        device_type=hardware.type,
        os=code[:3],
        os_version=system.version[:100] if system else UNKNOWN,
        fingerprint_os=code,
        fingerprint_browser=(client.code or UNKNOWN) if client and is_browser else UNKNOWN,
        fingerprint_browser_version=number if is_browser else "",
        is_internet_explorer=client is not None and client.name == "Internet Explorer",
    )
