"""Gathers what the engine is given from outside: what an installation has, else what is shipped with qtd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random, SystemRandom

from sqlalchemy import Engine

from qtd.db.transaction import reading
from qtd.engine.device import DeviceDetector
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.location_provider import Locate
from qtd.engine.outside import Outside
from qtd.engine.php import truthy
from qtd.engine.settings import Settings
from qtd.store.geoip import open_locations
from qtd.store.lists import SEARCH_ENGINES_OPTION, SOCIAL_NETWORKS_OPTION, load_referrer_lists
from qtd.store.regexes import device_definitions
from qtd.store.settings.options import read_list_options


def synchronised_lists(engine: Engine, prefix: str, settings: Settings) -> dict[str, str]:
    """The lists that Matomo keeps up to date in its option table; the spammers only, where it does not synchronise.

    Raises what `qtd.db.transaction.reading` raises.
    """
    with reading(engine) as connection:
        options = read_list_options(connection, prefix)
    if not truthy(settings.general["enable_referrer_definition_syncs"]):
        options.pop(SEARCH_ENGINES_OPTION, None)
        options.pop(SOCIAL_NETWORKS_OPTION, None)
    return options


def gather(
    salts: FingerprintSalts,
    *,
    matomo_path: Path | None = None,
    options: Mapping[str, str] | None = None,
    locate: Locate | None = None,
    random: Random | None = None,
    working: Callable[[str], None] = lambda _at: None,
) -> Outside:
    """Load everything; takes about two seconds of processor time, and tells `working` at what.

    Raises:
        ConfigurationError: a file of the installation can not be read.
    """
    working("reading the patterns of devices")
    definitions = device_definitions(matomo_path)
    working("preparing the patterns of devices")
    devices = DeviceDetector(definitions)
    working("reading lists and locations")
    return Outside(
        devices=devices,
        referrer_lists=load_referrer_lists(matomo_path, options=options),
        locate=locate or open_locations(matomo_path),
        salts=salts,
        random=random or SystemRandom(),
    )
