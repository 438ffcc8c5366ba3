"""`qtd process` as cron runs it."""

from __future__ import annotations

import zlib
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from qtd.parity.canonical import canonical_rows
from qtd.parity.compare import compare
from qtd.parity.scenario import Scenario, read_scenarios, read_world
from qtd.parity.world import WorldDatabase
from qtd.queue.redis_keys import list_key, lock_key
from tests.integration.cli.running import configuration, qtd
from tests.servers.mariadb import MariaDbServer
from tests.servers.plugin_tables import PluginTables
from tests.servers.process import free_port
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)

RECORDINGS = Path(__file__).parents[2] / "data" / "parity"


def scenario(group: str, name: str) -> Scenario:
    """A recorded scenario, which needs no configuration of its own."""
    (found,) = [one for one in read_scenarios(RECORDINGS / group) if one.name == name]
    assert not any((found.config, found.tables, found.options, found.site_settings))
    return found


def as_the_plugin_does(recorded: Scenario) -> list[bytes]:
    """The entries as they lie in Redis: JSON, every other one compressed (`useQueueCompression`)."""
    plain = [orjson.dumps(entry) for entry in recorded.entries]
    return [entry if number % 2 else zlib.compress(entry) for number, entry in enumerate(plain)]


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("visits.json", "interleaved visitors"),
        ("traffic.json.gz", "mixed traffic, 400 requests, 60 visitors, 2 hours"),
    ],
)
def test_it_empties_a_list_of_the_plugin(
    group: str, name: str, redis_server: RedisServer, mariadb_url: str, tmp_path: Path
) -> None:
    """Entries in the plugin's format, compressed and not, in its list become the rows that Matomo wrote of them."""
    recorded, world = scenario(group, name), read_world(RECORDINGS / "world.json")
    engine = open_engine(mariadb_url)
    database = WorldDatabase(engine, world)
    database.begin(recorded)
    entries = as_the_plugin_does(recorded)
    with redis_server.client() as client:
        client.rpush(list_key(0), *entries)
    config = configuration(
        tmp_path,
        sites=[],
        redis={"hosts": [redis_server.address]},
        database={"url": mariadb_url},
        matomo={"salt": world.salt},
        queue={"count": 1},
        batch={"max_requests": 150},
    )
    with qtd("process", "--no-wait", "--json", "--config", config) as process:
        assert process.end() == 0, process.noise
        first, last = process.output().splitlines()
    requests = sum(len(entry["requests"]) for entry in recorded.entries)
    totals = orjson.loads(last)
    assert totals["recorded"] + totals["excluded"] == requests
    assert totals == {**totals, "dead": 0, "repeated": 0, "busy": []}
    assert first.startswith(f"{totals['recorded']} recorded, {totals['excluded']} excluded, 0 dead")
    assert len(process.named("batch_applied")) == -(-len(entries) // 150)
    with redis_server.client() as client:
        assert client.llen(list_key(0)) == 0
    with reading(engine) as connection:
        rows = canonical_rows(connection, database.tables, database.dialect)
    engine.dispose()
    assert compare(recorded.rows, rows).differences == []


def test_a_crontab_line_of_the_plugin_goes_on_working(redis_server: RedisServer, tmp_path: Path) -> None:
    """Its options mean what they mean there: one queue, whole batches; a queue that PHP works on is left to it."""
    config = configuration(
        tmp_path, redis={"hosts": [redis_server.address]}, log={"level": "info", "format": "json"}
    )
    recorded = as_the_plugin_does(scenario("visits.json", "interleaved visitors"))
    entries = (recorded * 10)[:30]
    line = "--queue-id=0 --force-num-requests-process-at-once=12 --cycle=1 --sleep=0 --delay=0 --no-ansi -vv"
    with redis_server.client() as client:
        client.rpush(list_key(0), *entries)
        client.rpush(list_key(1), *entries)
        client.set(lock_key(1), "0123456789ab", nx=True, ex=3600)
        with qtd("process", *line.split(), "--config", config) as process:
            assert process.end() == 0, process.noise
        assert [event["entries"] for event in process.named("batch_applied")] == [12, 12]
        assert (client.llen(list_key(0)), client.llen(list_key(1))) == (6, 30)
        with qtd("process", "--no-wait", "--json", "--config", config) as process:
            assert process.end() == 0, process.noise
            totals = orjson.loads(process.output().splitlines()[-1])
        assert totals["busy"] == [1]
        assert (client.llen(list_key(0)), client.llen(list_key(1))) == (0, 30)
        assert client.get(lock_key(1)) == b"0123456789ab"


def test_it_takes_what_the_plugin_queued_in_mysql(
    redis_server: RedisServer, mariadb_url: str, tmp_path: Path
) -> None:
    """The rows are those that Matomo wrote; queues that PHP works on are left to it, and ours are not touched.

    A worker of ours that has queue 0 keeps its lock and its fence.
    """
    recorded, world = scenario("visits.json", "interleaved visitors"), read_world(RECORDINGS / "world.json")
    engine = open_engine(mariadb_url)
    database = WorldDatabase(engine, world)
    database.begin(recorded)
    plugin = PluginTables(engine)
    entries = [zlib.compress(orjson.dumps(entry)) for entry in recorded.entries]
    plugin.push(0, entries)
    plugin.push(2, entries[:1])
    plugin.lock(2, "0123456789ab", 3600)
    config = configuration(
        tmp_path,
        sites=[],
        redis={"hosts": [redis_server.address]},
        database={"url": mariadb_url},
        matomo={"salt": world.salt},
    )
    with redis_server.client() as client:
        client.rpush(list_key(0), *entries)
        client.set(lock_key(0), "ours", nx=True, ex=3600)
        with qtd("process", "--from-plugin-mysql", "--no-wait", "--json", "--config", config) as process:
            assert process.end() == 0, process.noise
            totals = orjson.loads(process.output().splitlines()[-1])
        assert client.llen(list_key(0)) == len(entries)
    requests = sum(len(entry["requests"]) for entry in recorded.entries)
    assert totals == {**totals, "recorded": requests, "dead": 0, "repeated": 0, "busy": [2]}
    assert plugin.waiting(0) == []
    assert plugin.waiting(2) == entries[:1]
    assert plugin.holders() == {"QueuedTrackingLock2": "0123456789ab"}
    with reading(engine) as connection:
        rows = canonical_rows(connection, database.tables, database.dialect)
        fences = set(connection.scalars(text("SELECT queue FROM qtd_ledger")))
    engine.dispose()
    assert compare(recorded.rows, rows).differences == []
    assert 0 not in fences


def test_it_ends_at_once_where_it_is_not_to_wait(tmp_path: Path) -> None:
    """Exit code 1 and one line that names the server: a crontab starts it again anyway."""
    config = configuration(tmp_path, redis={"hosts": [f"127.0.0.1:{free_port()}"]})
    with qtd("process", "--no-wait", "--config", config) as process:
        assert process.end() == 1
    assert len(process.noise) == 1
    assert process.noise[0].startswith("qtd: redis (127.0.0.1:")
    assert process.named("waiting") == []


def test_it_waits_for_its_servers(mariadb_server: MariaDbServer, tmp_path: Path) -> None:
    """While Redis is not there the log says what is waited for; when it comes up, the work is done and the end told."""
    (tmp_path / "redis").mkdir()
    redis = RedisServer(tmp_path / "redis")
    schema = mariadb_server.create_schema()
    url = mariadb_server.url(schema)
    config = configuration(tmp_path, redis={"hosts": [redis.address]}, database={"url": url})
    try:
        with qtd("process", "--config", config) as process:
            waiting = process.until("waiting")
            assert (waiting["waits_for"], waiting["server"]) == ("redis", redis.address)
            redis.start()
            assert process.until("reached")["server"] == redis.address
            assert process.end() == 0
            assert process.output() == "0 recorded, 0 excluded, 0 dead, 0 recorded before\n"
        (created,) = process.named("tables_created")  # in an empty database
        assert created["server"] == f"127.0.0.1:{mariadb_server.port}/{schema}"
        engine = open_engine(url)
        with reading(engine) as connection:
            assert connection.scalar(text("SELECT COUNT(*) FROM log_visit")) == 0
        engine.dispose()
    finally:
        redis.kill()
        mariadb_server.drop_schema(schema)


def test_tables_that_are_not_matomos_are_refused(
    redis_server: RedisServer, mariadb_url: str, tmp_path: Path
) -> None:
    """A wrong prefix is exit code 2 and one line; it does not make Matomo's tables anew beside the right ones."""
    engine = open_engine(mariadb_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE matomo_site (idsite INT PRIMARY KEY)"))
    config = configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        database={"url": mariadb_url, "tables_prefix": "piwik_"},
    )
    with qtd("process", "--no-wait", "--config", config) as process:
        assert process.end() == 2
    (line,) = process.noise
    assert "piwik_" in line
    with reading(engine) as connection:
        tables = set(connection.scalars(text("SHOW TABLES")))
    engine.dispose()
    assert {name for name in tables if "qtd_" not in name} == {"matomo_site"}


def test_a_password_is_nowhere(mariadb_server: MariaDbServer, tmp_path: Path) -> None:
    """A wrong one is exit code 2 and one line that does not contain it, and neither does the log."""
    url = mariadb_server.url("mysql").replace("root@", "nobody:hunter2@")
    config = configuration(
        tmp_path,
        database={"url": url},
        queue={"backend": "sql", "database": {"url": f"sqlite:///{tmp_path / 'queue.sqlite3'}"}},
    )
    with qtd("process", "--no-wait", "--config", config) as process:
        assert process.end() == 2
        said = f"{process.noise} {process.events} {process.output()}"
    assert "Access denied" in said
    assert "hunter2" not in said


def test_a_mistake_in_the_file_is_a_line(tmp_path: Path) -> None:
    """Exit code 2, with the key's path, the value and what is allowed; nothing is connected to."""
    config = configuration(tmp_path, queue={"count": 0}, redis={"hots": ["a"]})
    with qtd("process", "--config", config) as process:
        assert process.end() == 2
    assert [line.split(":")[1].strip() for line in process.noise] == ["queue.count", "redis.hots"]
    assert process.events == []
