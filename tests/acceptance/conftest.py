"""Who is tracked, where it is recorded, and the clients, which come from the registries (`make clients`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.tracked import Tracked, tracking
from tests.servers.redis import RedisServer

Tracking = Callable[..., AbstractContextManager[Tracked]]


@pytest.fixture(params=["embedded", "mariadb"])
def tracker(request: pytest.FixtureRequest, tmp_path: Path) -> Tracking:
    """Give what runs qtd: as one process group with SQLite, or with Redis and MariaDB."""
    if request.param == "embedded":
        url = f"sqlite:///{tmp_path / 'qtd.sqlite3'}"
        return partial(tracking, tmp_path, url, queue={"backend": "sql", "count": 2})
    redis: RedisServer = request.getfixturevalue("redis_server")
    url = request.getfixturevalue("mariadb_url")
    return partial(tracking, tmp_path, url, redis={"hosts": [redis.address]}, queue={"count": 2})


@pytest.fixture
def tracked(tracker: Tracking) -> Iterator[Tracked]:
    """Run qtd with nothing special."""
    with tracker() as running:
        yield running


@pytest.fixture(scope="session")
def javascript_tracker() -> Path:
    """Find Matomo's `matomo.js`, which no registry has."""
    path = Path(os.environ.get("QTD_MATOMO_JS", "/var/www/matomo/matomo.js"))
    if not path.is_file():
        pytest.skip(f"{path} is missing: QTD_MATOMO_JS has to name the matomo.js of a Matomo")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium."""
    sync = pytest.importorskip("playwright.sync_api", reason="make acceptance installs the clients")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
            ],
        )
        yield browser
        browser.close()
