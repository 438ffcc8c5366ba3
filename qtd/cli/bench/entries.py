"""Generated page views as queue entries, made by the tracking API itself."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlencode

from qtd.cli.bench.page_views import PageView
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.demo.folder import HOST
from qtd.engine.settings import Settings
from qtd.ingest.http_request import Headers, HttpRequest
from qtd.ingest.proxies import Proxies
from qtd.ingest.tracking_api import TrackingApi
from qtd.store.settings.own_file import configured_by
from qtd.wire.entry_id import entry_ids

_PATH = b"/matomo.php"


def entries_of(views: Iterable[PageView], config: Config) -> list[bytes]:
    """The entries that the endpoint would have put into queue 0 for these page views, in their order."""
    configured = configured_by(config)
    settings = Settings(salt=configured.salt, sites=configured.sites)
    proxies = Proxies(
        config.ingest.trusted_proxies, client_headers=config.ingest.proxy_client_headers, host_headers=()
    )
    api = TrackingApi(
        settings=lambda: settings,
        queues=1,
        proxies=proxies,
        new_id=entry_ids(),
        now=SystemClock().now,
        entries=config.queue.entry_form,
    )
    stored: list[bytes] = []
    for view in views:
        query = urlencode(view.params).encode()
        request = HttpRequest(
            method="GET",
            target=_PATH + b"?" + query,
            headers=_headers(view.headers),
            body=b"",
            peer=HOST,
            port=8088,
        )
        stored += [entry for _, entry in api.prepare(request, _PATH, query).entries]
    return stored


@lru_cache(maxsize=1000)
def _headers(lines: str) -> Headers:
    pairs = (line.partition(": ") for line in f"Host: tracker.example\r\n{lines}".split("\r\n") if line)
    return [(name.encode(), value.encode()) for name, _, value in pairs]
