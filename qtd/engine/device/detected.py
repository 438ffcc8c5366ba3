"""What is stored of a visitor's device."""

from __future__ import annotations

from dataclasses import dataclass

from qtd.engine.device.codes import UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """The values of log_visit's `config_` columns, and what else Matomo's rules ask of a device.

    Source: the columns of Matomo's DevicesDetection plugin. Null where Matomo writes null.
    """

    browser_engine: str = ""
    #: the browser's code, the name of another client, or `UNK`
    browser_name: str = UNKNOWN
    #: major and minor number
    browser_version: str = ""
    #: 1 browser, 2 library, 3 feed reader, 4 media player, 5 mobile app, 6 mail program
    client_type: int | None = None
    #: the brand's code
    device_brand: str = ""
    #: the model, or `generic <kind>`
    device_model: str = ""
    #: see `device_type.DEVICE_TYPES`
    device_type: int | None = None
    #: the system's code, `UNK`, or `BOT`
    os: str = UNKNOWN
    #: empty where the system is known but not its version, `UNK` where the system is not known
    os_version: str = UNKNOWN
    is_bot: bool = False
    #: what the fingerprint is made of: the system's code; code and version of a browser, not of other clients
    fingerprint_os: str = UNKNOWN
    fingerprint_browser: str = UNKNOWN
    fingerprint_browser_version: str = ""
    is_internet_explorer: bool = False
