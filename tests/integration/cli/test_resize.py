"""The number of queues changes under load, while processes are killed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text, update

from qtd.clock import SystemClock
from qtd.config.load import load
from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.engine.settings import Settings
from qtd.queue.contract import MOST_QUEUES, Numbering, Queues
from qtd.queue.following import FollowingQueues
from qtd.queue.lock_token import resized_to
from qtd.queue.open import open_queues
from qtd.queue.redis_keys import lock_key
from qtd.queue.sql_tables import queue_tables
from qtd.wire.php_array import Param
from qtd.wire.request_set import RequestSet, encode
from tests.integration.cli.running import configuration, qtd
from tests.integration.ingest.crowd import Crowd, assert_nothing_lost_or_reordered
from tests.servers.process import free_port
from tests.servers.redis import RedisServer
from tests.servers.waiting import until

pytestmark = pytest.mark.timeout(400)

BEFORE, FIRST, AFTER = 3, 7, 5
#: Hits that wait when it begins, so that it takes long enough to be killed in the middle.
WAITING = 4000
EARLY = [f"{number:03x}e000000000000" for number in range(0, 4096, 41)]


class Broker:
    """Redis, or tables in the tracker's database."""

    def __init__(self, url: str, redis: RedisServer | None) -> None:
        self._url = url
        self._redis = redis

    def configuration(self, folder: Path, port: int, *, count: int) -> Path:
        """What is the same for all, with so many queues."""
        folder.mkdir(exist_ok=True)
        broker: dict[str, Any] = {"queue": {"count": count, "backend": "redis" if self._redis else "sql"}}
        if self._redis is not None:
            broker["redis"] = {"hosts": [self._redis.address]}
        return configuration(
            folder,
            database={"url": self._url},
            ingest={"port": port, "processes": 2},
            workers={"count": 2},
            log={"level": "info", "format": "json"},
            **broker,
        )

    def let_the_turn_expire(self) -> None:
        """Let the time pass in which whoever was at the change could say that he lives."""
        if self._redis is not None:
            with self._redis.client() as client:
                client.delete(lock_key(MOST_QUEUES))
            return
        engine, head = open_engine(self._url), queue_tables().head
        with writing(engine) as connection:
            connection.execute(update(head).where(head.c.queue == MOST_QUEUES).values(lock_expires=1))
        engine.dispose()


@pytest.fixture(params=["redis", "sql"])
def broker(request: pytest.FixtureRequest, mariadb_url: str) -> Broker:
    """Give one that is empty."""
    return Broker(mariadb_url, request.getfixturevalue("redis_server") if request.param == "redis" else None)


@pytest.fixture
def queues(broker: Broker, tmp_path: Path) -> Iterator[Queues]:
    """Open the queues to look at them."""
    opened = open_queues(load(broker.configuration(tmp_path / "looking", 1, count=BEFORE)))
    yield opened
    opened.close()


def early(visitor: str, number: int) -> tuple[int, bytes]:
    """A hit that was accepted before everything else; in no queue yet."""
    params: dict[str, Param] = {
        "idsite": "1",
        "rec": "1",
        "_id": visitor,
        "url": f"http://example.org/{number}",
    }
    entry = RequestSet(
        requests=[params],
        server={"REMOTE_ADDR": "198.51.100.7"},
        cookies={},
        token_auth=False,
        time=int(SystemClock().now()) - 60,
        id=f"{visitor}-{number}",
    )
    return 0, encode(entry)


def wait_already(queues: Queues) -> dict[str, list[int]]:
    """Have hits wait; return their numbers by visitor."""
    queues.adopt(Numbering(count=BEFORE))
    following = FollowingQueues(
        queues, wanted=BEFORE, settings=Settings, zero_ids_by_address=True, clock=SystemClock()
    )
    numbers: dict[str, list[int]] = defaultdict(list)
    entries = []
    for place in range(WAITING):
        visitor = EARLY[place % len(EARLY)]
        numbers[visitor].append(place)
        entries.append(early(visitor, place))
    for at in range(0, WAITING, 1000):
        following.push(following.routed(entries[at : at + 1000], BEFORE), BEFORE)
    return numbers


def recorded(url: str) -> dict[str, list[int]]:
    """The pages of each visitor in the order in which they were recorded."""
    engine = open_engine(url)
    statement = text(
        "SELECT LOWER(HEX(idvisitor)), name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url"
        " ORDER BY idlink_va"
    )
    pages: dict[str, list[int]] = defaultdict(list)
    with reading(engine) as connection:
        for visitor, name in connection.execute(statement):
            pages[visitor].append(int(name.rpartition("/")[2]))
    engine.dispose()
    return pages


def test_nobody_loses_his_order(broker: Broker, queues: Queues, tmp_path: Path, mariadb_url: str) -> None:
    """Whoever is killed in the middle: hits are accepted all the time, and each is recorded once, in its turn.

    A change to 7 queues is killed; a worker that is configured for 5 brings it to its end first. It is killed, too,
    and the next one goes on. Endpoint and supervisor know only that there are 3, and follow.
    """
    port = free_port()
    old = broker.configuration(tmp_path / "old", port, count=BEFORE)
    new = broker.configuration(tmp_path / "new", port, count=AFTER)
    waiting = wait_already(queues)
    with qtd("serve", "--config", old) as endpoint, qtd("supervise", "--no-wait", "--config", old) as idle:
        endpoint.until("ingest_started")
        idle.kill()  # its workers have not begun yet; tables are there
        crowd = Crowd(port, 8, pause_seconds=0.05)
        with crowd.visiting():
            crowd.more(40)
            with qtd("queues", "resize", str(FIRST), "--config", old) as first:
                first.until("queues_resizing")
                first.kill()
            assert queues.numbering() == Numbering(count=FIRST, target=FIRST)
            assert {resized_to(lock.token) for lock in queues.locks() if lock.queue < FIRST} == {FIRST}
            crowd.more(60)
            broker.let_the_turn_expire()
            with qtd("worker", "1", "--config", new) as second:
                assert second.until("queues_resizing")["queues"] == FIRST
                crowd.more(20)
                assert second.until("queues_resizing")["queues"] == AFTER
                second.kill()
            crowd.more(20)
            broker.let_the_turn_expire()
            with qtd("supervise", "--runtime", "children", "--config", new) as last:
                last.until("worker_started")
                crowd.more(40)
                after = queues.with_count(AFTER)
                until(lambda: queues.numbering() == Numbering(count=AFTER), "the change has come to its end")
                crowd.more(20)
                last.terminate()
                assert last.end() == 0
        with qtd("process", "--json", "--config", new) as process:
            assert process.end() == 0, process.noise
            assert orjson.loads(process.output().splitlines()[-1])["busy"] == []
        endpoint.terminate()
        assert endpoint.end() == 0
        assert endpoint.noise == []
    assert crowd.others == {}, "none was refused"
    assert after.lengths() == [0] * AFTER
    assert [lock for lock in queues.locks() if resized_to(lock.token)] == []
    assert {event["queues"] for event in endpoint.named("queues_renumbered")} == {FIRST, AFTER}
    pages = recorded(mariadb_url)
    assert {visitor: pages[visitor] for visitor in EARLY} == waiting
    assert_nothing_lost_or_reordered(crowd, pages)
    for visitor, accepted in crowd.accepted.items():
        assert len(pages[visitor]) - len(accepted) <= 1, "each once; one at most was not answered any more"
