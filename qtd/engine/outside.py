"""What the rules need from outside: lists, databases and chance, all given and none opened by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from qtd.engine.device import DeviceDetector
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.location_provider import Locate
from qtd.engine.referrer import ReferrerLists


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """Everything a tracker is given besides the settings."""

    devices: DeviceDetector
    referrer_lists: ReferrerLists
    locate: Locate
    salts: FingerprintSalts
    random: Random
