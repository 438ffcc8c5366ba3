"""Commands with the engines http and console, as real processes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import orjson
import pytest

from qtd.config.load import load
from qtd.queue.open import open_queues
from qtd.queue.redis_keys import list_key
from tests.integration.cli.running import configuration, qtd
from tests.integration.worker.ground import entry
from tests.servers.redis import RedisServer
from tests.standins import console, matomo
from tests.standins.matomo import Matomo

pytestmark = pytest.mark.timeout(240)


def over_http(folder: Path, server: Matomo, token: str = matomo.TOKEN) -> Path:
    """A configuration with queues and tables in one file, and the token in another."""
    (folder / "token").write_text(f"{token}\n")
    return configuration(
        folder,
        queue={"backend": "sql", "count": 1},
        engine="http",
        http={"url": server.url, "token_file": "token"},
        workers={"retry_min_seconds": 0.05, "retry_max_seconds": 0.1},
    )


def push(config: Path, *stored: bytes) -> None:
    """Let entries wait."""
    queues = open_queues(load(config))
    queues.ping()
    queues.push([(0, one) for one in stored])
    queues.close()


def test_a_worker_replays(tmp_path: Path) -> None:
    """It waits for a Matomo that refuses its token, takes the new one without a restart, and ends in order."""
    with matomo.running_matomo() as server:
        config = over_http(tmp_path, server, token="wrong")
        with qtd("worker", "1", "--config", config) as worker:
            waiting = worker.until("waiting")
            assert (waiting["waits_for"], waiting["server"]) == ("matomo", f"{server.url}matomo.php")
            assert "no super user's" in waiting["cause"]
            (tmp_path / "token").write_text(matomo.TOKEN)
            worker.until("worker_started")
            push(config, *(entry(number) for number in range(5)))
            assert worker.until("batch_applied")["recorded"] == 5
            server.super_user = "another"  # the token is changed at Matomo while it works
            push(config, entry(5))
            assert worker.until("waiting")["waits_for"] == "matomo"
            (tmp_path / "token").write_text("another")
            assert worker.until("batch_applied")["recorded"] == 1
            worker.terminate()
            assert worker.end() == 0
            assert worker.named("worker_stopped")[0]["requests"] == 6
            assert worker.noise == []
        assert [request["url"][-1] for request in server.recorded] == ["0", "1", "2", "3", "4", "5"]
        assert server.complaints == []
        assert not any(secret in str(worker.events) for secret in (matomo.TOKEN, "another"))


def test_process_and_dead_letters_replay_too(tmp_path: Path) -> None:
    """Once for cron; what Matomo refuses is listed, and recorded when it is tried again; the books add up."""
    with matomo.running_matomo() as server:
        config = over_http(tmp_path, server)
        server.sites = frozenset()
        push(config, entry(0), entry(1))
        with qtd("process", "--no-wait", "--json", "--config", config) as process:
            assert process.end() == 0
            assert orjson.loads(process.output().splitlines()[-1])["dead"] == 2
        server.sites = frozenset((1,))
        with qtd("dead-letters", "retry", "--all", "--config", config) as retry:
            assert retry.end() == 0
            assert retry.output() == "2 applied, 0 dead again\n"
        with qtd("audit", "--since", "13d", "--config", config) as audit:
            assert audit.end() == 0
            assert "all adds up" in audit.output()
        assert len(server.recorded) == 2
    with qtd("process", "--no-wait", "--config", config) as process:
        assert process.end() == 1
        assert any("matomo" in line and "is not there" in line for line in process.noise)


def test_a_worker_runs_the_plugin(redis_server: RedisServer, tmp_path: Path) -> None:
    """Its output is in the log, its queue is emptied, and the end is in order; `qtd process` leaves it to cron."""
    shutil.copy(console.__file__, tmp_path / "console")
    host, _, port = redis_server.address.rpartition(":")
    does = {"host": host, "port": int(port), "batch_seconds": 0.3}
    (tmp_path / "standin.json").write_text(json.dumps(does))
    folder = tmp_path / "matomo"
    folder.mkdir()
    (folder / "config").mkdir()
    for name in ("console", "standin.json"):
        shutil.move(tmp_path / name, folder / name)
    (folder / "config" / "global.ini.php").write_text("[database]\nhost = localhost\n")
    (folder / "config" / "config.ini.php").write_text(
        '[database]\nhost = "127.0.0.1"\nusername = "m"\npassword = "m"\ndbname = "m"\ntables_prefix = "m_"\n'
    )
    config = configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        queue={"count": 1},
        engine="console",
        matomo={"path": str(folder)},
        console={"php": [sys.executable], "max_requests": 3},
    )
    with redis_server.client() as client, qtd("worker", "1", "--config", config) as worker:
        worker.until("worker_started")
        client.rpush(list_key(0), *(entry(number) for number in range(3)))
        worker.until("console_output")
        worker.terminate()  # in the middle of a batch
        assert worker.end() == 0
        (finished,) = worker.named("console_finished")
        assert (finished["status"], finished["requests"]) == (0, 3)
        assert worker.named("worker_stopped")[0]["requests"] == 3
        assert worker.noise == []
        assert client.keys("*Lock*") + client.keys("*Console*") == []
    with qtd("process", "--config", config) as process:
        assert process.end() == 2
        assert "a crontab can run the plugin's" in process.noise[0]
    configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        engine="console",
        matomo={"path": str(folder)},
        console={"php": ["no-such-php"]},
    )
    with qtd("worker", "1", "--config", config) as worker:
        assert worker.end() == 2
        assert "'no-such-php': there is no such program" in worker.noise[0]
