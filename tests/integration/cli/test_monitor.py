"""`qtd monitor` as scripts, pipes and people at a terminal see it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from qtd.db.engine import open_engine
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_keys import list_key
from qtd.store.create import create_tables
from tests.integration.cli.running import Running, configuration, qtd
from tests.integration.cli.terminal import on_terminal
from tests.integration.store.rows import run
from tests.servers import sections
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)


def plugin_entry(age: float) -> bytes:
    """A request set as the plugin writes it, accepted so long ago."""
    return orjson.dumps(
        {
            "requests": [{"idsite": "1"}],
            "env": {"server": {"REMOTE_ADDR": "198.51.100.7"}, "cookie": []},
            "tokenAuth": False,
            "time": time.time() - age,
        }
    )


@pytest.fixture
def config(redis_server: RedisServer, tmp_path: Path) -> Path:
    """Give a configuration with 40 queues: 1 lags and is locked, 2 begins with nonsense; and with a ledger."""
    with redis_server.client() as client:
        client.rpush(list_key(1), plugin_entry(4000), plugin_entry(10))
        client.rpush(list_key(2), b"nonsense")
    servers = open_servers(sections.tcp(redis_server))
    queues = RedisQueues(servers, count=40, token=lambda: "1f0c9a7be412:worker-2@web01")
    assert queues.acquire(1, 600)
    queues.close()
    engine = open_engine(f"sqlite:///{tmp_path / 'qtd.sqlite3'}")
    create_tables(engine)
    run(engine, "INSERT INTO qtd_ledger (queue, fence, entries) VALUES (1, 7, 500)")
    engine.dispose()
    return configuration(tmp_path, redis={"hosts": [redis_server.address]}, queue={"count": 40})


def test_scripts_and_pipes(config: Path) -> None:
    """JSON has all queues, a line for each look; text has a page of them; nothing is written to standard error."""
    with qtd("monitor", "--json", "--iterations", "2", "--interval", "0.1", "--config", config) as monitor:
        assert monitor.end() == 0
        first, second = (orjson.loads(line) for line in monitor.output().splitlines())
    assert (first["rate_in"], second["rate_in"], second["rate_out"]) == (None, 0, 0)
    assert (second["waiting"], second["locks"], second["recorded_entries"]) == (3, 1, 500)
    assert (second["dead_letters"], second["spool"], second["troubles"]) == (0, None, {})
    assert 4000 <= second["lag_seconds"] < 5000
    (memory,) = second["memory"]
    assert memory["used_bytes"] > 100_000
    assert [queue["queue"] for queue in second["queues"]] == list(range(40))
    lagging, unknown = second["queues"][1:3]
    assert (lagging["waiting"], lagging["fence"], lagging["lock"]["holder"]) == (2, 7, "worker-2@web01")
    assert (unknown["lag_seconds"], unknown["lag_unknown"], unknown["lock"]) == (None, True, None)

    with qtd("monitor", "--iterations", "1", "-r", "3", "-p", "14", "--config", config) as monitor:
        assert monitor.end() == 0
        lines = monitor.output().splitlines()
    assert monitor.noise == []
    assert "40 queues, 1 locked; 3 waiting, lag 1 h" in lines[0]
    assert "\x1b" not in "".join(lines)
    assert [line.split()[0] for line in lines[-3:-2]] == ["39"]
    assert lines[-2] == "page 14 of 14, queues 39 to 39"


def until(monitor: Running, waiting: int | None) -> dict[str, Any]:
    """The next look at which so many wait; None: the broker does not answer."""
    while line := monitor.line():
        found: dict[str, Any] = orjson.loads(line)
        if found["waiting"] == waiting:
            return found
    raise AssertionError(f"it ended: {monitor.noise}")


def test_outages_are_shown_and_gone_on_after(tmp_path: Path) -> None:
    """Broker and database may come late and go again; only Ctrl-C or SIGTERM ends it, with exit code 0."""
    (tmp_path / "redis").mkdir()
    redis = RedisServer(tmp_path / "redis")
    config = configuration(tmp_path, redis={"hosts": [redis.address]})
    with qtd("monitor", "--json", "--interval", "0.1", "--config", config) as monitor:
        try:
            away = until(monitor, None)
            assert "refused" in away["troubles"]["redis"]
            assert "qtd db upgrade" in away["troubles"]["database"]
            assert not (tmp_path / "qtd.sqlite3").exists()
            redis.start()
            assert until(monitor, 0)["troubles"].keys() == {"database"}
            with redis.client() as client:
                client.rpush(list_key(3), plugin_entry(0))
            engine = open_engine(f"sqlite:///{tmp_path / 'qtd.sqlite3'}")
            create_tables(engine)
            engine.dispose()
            until(monitor, 1)
            while (found := until(monitor, 1))["troubles"]:
                assert found["troubles"].keys() == {"database"}
            redis.kill()
            assert until(monitor, None)["troubles"].keys() == {"redis"}
        finally:
            redis.kill()
        monitor.interrupt()
        while monitor.line():  # it may be waiting for somebody to read what it writes
            pass
        assert monitor.end() == 0
    assert monitor.noise == []


def test_keys_turn_pages_on_a_terminal(config: Path, redis_server: RedisServer) -> None:
    """As in the plugin; what comes into the queues is seen; the terminal is as before at the end, by q or by Ctrl-C."""
    with on_terminal("monitor", "--interval", "0.2", "--config", config) as terminal:
        assert "worker-2@web01" in terminal.until("page 1 of 3, queues 0 to 15")
        terminal.press("\x1b[C")
        terminal.until("page 2 of 3, queues 16 to 31")
        terminal.press(".")
        terminal.until("page 3 of 3, queues 32 to 39")
        terminal.press("\x1b[D\x1b[D")
        terminal.until("page 1 of 3")
        with redis_server.client() as client:
            client.rpush(list_key(39), *[plugin_entry(0)] * 1500)
        terminal.until("1,503 waiting")
        terminal.press("3")
        assert "1,500" in terminal.until("page 3 of 3")
        terminal.press("q")
        assert terminal.end() == 0
    with on_terminal("monitor", "--interval", "60", "--config", config, rows=14) as terminal:
        terminal.until("queues 0 to ")  # a low terminal has fewer rows
        terminal.press(",")
        terminal.until("page 1 of")
        assert int(terminal.until("; arrows").split()[4].rstrip(";")) < 10
        terminal.press("\x03")
        assert terminal.end() == 0


def test_keys_work_while_a_server_hangs(config: Path, redis_server: RedisServer, tmp_path: Path) -> None:
    """Pages are turned, and SIGTERM ends it with exit code 0 at once, not when the command's time is over."""
    values = yaml.safe_load(config.read_text())
    values["redis"]["command_timeout_seconds"] = 600
    config = configuration(tmp_path, **values)
    with on_terminal("monitor", "--interval", "0.1", "--config", config) as terminal:
        terminal.until("page 1 of 3")
        redis_server.freeze()
        try:
            terminal.press(".")
            terminal.until("page 3 of 3")
            terminal.terminate()
            assert terminal.end() == 0
        finally:
            redis_server.thaw()
