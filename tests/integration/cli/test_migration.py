"""The steps of docs/migration.md, with processors of the plugin beside us: there and back, and no hit is lost."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from qtd.queue.redis_keys import list_key, lock_key
from tests.integration.cli.running import configuration, qtd
from tests.servers.plugin_processor import plugin_entry, process
from tests.servers.process import free_port
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)

COUNT = 2
#: One visitor for each queue.
VISITORS = ("0000000000000000", "0010000000000000")


class Site:
    """A site in the middle of its migration: who accepts and who records changes, the hits go on."""

    def __init__(self, folder: Path, redis: RedisServer) -> None:
        self._folder = folder
        self._redis = redis
        self._port = free_port()
        self.client = redis.client()
        #: the pages that visitors were told to be tracked, in their order
        self.told: list[str] = []
        #: those that PHP has recorded, and requests as it read them
        self.by_php: list[dict[str, Any]] = []

    def configuration(self, **queue: str) -> Path:
        """The configuration of a step."""
        return configuration(
            self._folder,
            redis={"hosts": [self._redis.address]},
            queue={"count": COUNT, "zero_ids_by_address": False, **queue},
            ingest={"port": self._port},
        )

    def _pages(self) -> Iterator[tuple[int, str, str]]:
        for queue, visitor in enumerate(VISITORS):
            for _ in range(2):
                page = f"http://example.org/{len(self.told)}"
                self.told.append(page)
                yield queue, visitor, page

    def php_accepts(self) -> None:
        """Two hits of each visitor go through the plugin."""
        for queue, visitor, page in self._pages():
            entry = {
                "requests": [{"idsite": "1", "rec": "1", "url": page, "_id": visitor}],
                "env": {"server": {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": "x"}, "cookie": []},
                "tokenAuth": False,
                "time": 1_795_277_828,
            }
            self.client.rpush(list_key(queue), plugin_entry(entry))

    def qtd_accepts(self) -> None:
        """Two hits of each visitor go through the endpoint, which is running."""
        for _, visitor, page in self._pages():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            connection.request("GET", f"/matomo.php?idsite=1&rec=1&url={page}&_id={visitor}")
            assert connection.getresponse().status == 200
            connection.close()

    @contextmanager
    def serving(self, config: Path) -> Iterator[None]:
        """Run the endpoint."""
        with qtd("serve", "--config", config) as running:
            running.until("ingest_started")
            yield
            running.terminate()
            assert running.end() == 0

    def php_records(self, *queues: int) -> None:
        """A processor of the plugin takes whatever waits, as with --force-num-requests-process-at-once=1."""
        for queue in queues or range(COUNT):
            assert process(self.client, queue, 1, self.by_php)

    def php_records_until_it_fails(self) -> None:
        """It takes what it can read, and ends at the first entry that is compact, with an error and no loss."""
        for queue in range(COUNT):
            with pytest.raises(TypeError):
                process(self.client, queue, 1, self.by_php)

    def qtd_records(self, config: Path) -> None:
        """The same by ours."""
        with qtd("process", "--config", config) as running:
            assert running.end() == 0, running.noise

    def waiting(self) -> list[int]:
        """Entries of each queue."""
        return [self.client.llen(list_key(queue)) for queue in range(COUNT)]

    def recorded(self) -> list[str]:
        """Pages that PHP has recorded, then those that are in our database, as their addresses end."""
        engine = open_engine(f"sqlite:///{self._folder / 'qtd.sqlite3'}")
        with reading(engine) as connection:
            ours = connection.scalars(
                text("SELECT name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url")
            ).all()
        engine.dispose()
        php = [request["url"] for entry in self.by_php for request in entry["requests"]]
        return php + [f"http://{page}" for page in ours]


def test_there_and_back(tmp_path: Path, redis_server: RedisServer) -> None:
    """Whoever accepts and whoever records, side by side: each hit is recorded, by one of them."""
    site = Site(tmp_path, redis_server)

    config = site.configuration()
    with site.serving(config):
        site.php_accepts()  # both accept, PHP records: steps 2 and 3
        site.qtd_accepts()
        site.php_records()
        assert site.waiting() == [0, 0]
        its, ours = site.by_php[0], site.by_php[2]
        assert set(ours) - set(its) == {"id"}
        assert set(ours["env"]) == {"server", "cookie"}
        assert [request["url"] for request in ours["requests"]] == site.told[4:5]
        site.php_accepts()  # and both record: step 4
        site.qtd_accepts()
    site.client.set(lock_key(1), "0123456789ab", ex=3600)  # PHP is at work
    site.qtd_records(config)
    assert site.waiting() == [0, 4]
    site.client.delete(lock_key(1))
    site.php_records(1)
    assert site.waiting() == [0, 0]

    with site.serving(site.configuration(entries="compact")):  # step 5, with a processor that was forgotten
        site.php_accepts()
        site.qtd_accepts()
    site.php_records_until_it_fails()
    assert site.waiting() == [2, 2]

    config = site.configuration(entries="plugin")
    with site.serving(config):  # back
        site.qtd_accepts()
        site.php_records_until_it_fails()
        assert site.waiting() == [4, 4]
        site.qtd_records(config)
        site.qtd_accepts()
        site.php_records()
    assert site.waiting() == [0, 0]
    assert sorted(site.recorded()) == sorted(site.told)
