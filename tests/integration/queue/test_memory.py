"""What a waiting page view costs Redis."""

from __future__ import annotations

from qtd.cli.bench.entries import entries_of
from qtd.config.root import Config
from qtd.queue.open import open_queues
from qtd.queue.redis_keys import list_key
from tests.matomo_js import matomo_js
from tests.servers.redis import RedisServer

#: Bytes of a page view of matomo.js that the plugin has queued, as measured with Redis 7.
PLUGIN = 963


def bytes_each(server: RedisServer, form: str, count: int = 1000) -> float:
    """Memory of the list by Redis' own account, for each of so many page views that the endpoint has queued."""
    config = Config.model_validate(
        {
            "redis": {"hosts": [server.address]},
            "queue": {"entries": form, "count": 1},
            "ingest": {"trusted_proxies": ["127.0.0.1"]},
        }
    )
    queues = open_queues(config)
    queues.push([(0, stored) for stored in entries_of(matomo_js(count), config)])
    queues.close()
    with server.client() as client:
        taken: int = client.memory_usage(list_key(0), samples=0)
        assert client.llen(list_key(0)) == count
        client.delete(list_key(0))
    return taken / count


def test_a_compact_page_view_takes_less_than_half(redis_server: RedisServer) -> None:
    """Less than half of what the plugin needs, and than we need in its form, list and all."""
    compact = bytes_each(redis_server, "compact")
    assert compact < PLUGIN / 2
    assert compact < bytes_each(redis_server, "plugin") / 2
