"""Recordings of Matomo, and what the engine is given besides them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.store.outside import gather

RECORDINGS = Path(__file__).parents[1] / "data/parity"


@pytest.fixture(scope="session")
def outside() -> Callable[[FingerprintSalts], Outside]:
    """Give what is shipped, loaded once: that takes a second."""
    loaded: list[Outside] = []

    def with_salts(salts: FingerprintSalts) -> Outside:
        if not loaded:
            loaded.append(gather(salts))
        first = loaded[0]
        return Outside(
            devices=first.devices,
            referrer_lists=first.referrer_lists,
            locate=first.locate,
            salts=salts,
            random=first.random,
        )

    return with_salts
