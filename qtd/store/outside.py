"""Gathers what the engine is given from outside: what an installation has, else what is shipped with qtd."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random, SystemRandom

from qtd.engine.device import DeviceDetector
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.location_provider import Locate
from qtd.engine.outside import Outside
from qtd.store.geoip import open_locations
from qtd.store.lists import load_referrer_lists
from qtd.store.regexes import device_definitions


def shipped_outside(salts: FingerprintSalts) -> Outside:
    """What there is without a Matomo installation."""
    return gather(salts)


def gather(
    salts: FingerprintSalts,
    *,
    matomo_path: Path | None = None,
    options: Mapping[str, str] | None = None,
    locate: Locate | None = None,
    random: Random | None = None,
) -> Outside:
    """Load everything; takes about a second.

    Raises:
        ConfigurationError: a file of the installation can not be read.
    """
    return Outside(
        devices=DeviceDetector(device_definitions(matomo_path)),
        referrer_lists=load_referrer_lists(matomo_path, options=options),
        locate=locate or open_locations(matomo_path),
        salts=salts,
        random=random or SystemRandom(),
    )
