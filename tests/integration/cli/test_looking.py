"""`qtd lock-status`, `qtd print-queued-requests` and `qtd monitor` over every kind of broker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from qtd.cli.main import main
from qtd.config.load import load
from qtd.config.redis import Redis
from qtd.config.values import Address
from qtd.queue.contract import Numbering, Queues
from qtd.queue.lock_token import resize_token
from qtd.queue.open import open_queues
from tests.integration.cli.running import configuration, qtd
from tests.integration.cli.terminal import on_terminal
from tests.servers import sections
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)

SECRETS = ("alice", "t0ken", "c00kie", "198.51.100.7")

REDIS: dict[str, tuple[Callable[[Any], Redis], str]] = {
    "redis": (sections.tcp, "redis_server"),
    "unix socket": (sections.unix_socket, "redis_server"),
    "few rights": (sections.secured, "secured_redis"),
    "sentinel": (sections.sentinel, "sentinels"),
    "cluster": (sections.cluster, "cluster"),
}


def plain(value: object) -> object:
    """A configuration's value as it is written in the file."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value) if isinstance(value, Path | Address) else value


def entry(age: float, url: str = "http://example.org/") -> bytes:
    """A request with secrets, accepted so long ago, as the plugin writes it."""
    return orjson.dumps(
        {
            "requests": [{"idsite": "1", "url": url, "uid": "alice", "token_auth": "t0ken"}],
            "env": {"server": {"REMOTE_ADDR": "198.51.100.7"}, "cookie": {"_pk_id": "c00kie"}},
            "tokenAuth": "t0ken",
            "time": time.time() - age,
        }
    )


@pytest.fixture(params=[*REDIS, "sqlite", "mariadb"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a configuration with four queues, in each kind of broker."""
    if request.param in REDIS:
        section, fixture = REDIS[request.param]
        values = section(request.getfixturevalue(fixture)).model_dump(exclude_unset=True)
        return configuration(tmp_path, redis=plain(values), queue={"count": 4})
    queue: dict[str, Any] = {"backend": "sql", "count": 4}
    if request.param == "mariadb":
        queue["database"] = {"url": request.getfixturevalue("mariadb_url")}
    return configuration(tmp_path, queue=queue)


@pytest.fixture
def queues(config: Path) -> Iterator[Queues]:
    """Give its queues."""
    opened = open_queues(load(config), token=lambda: "1f0c9a7be412:worker-2@web01")
    yield opened
    opened.close()


def run(config: Path, *words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [*words, "--config", str(config)], prog_name="qtd")


def documents(said: Result) -> list[dict[str, Any]]:
    """The lines of JSON that it printed."""
    assert said.exit_code == 0, said.output
    return [orjson.loads(line) for line in said.stdout.splitlines()]


def test_every_broker_can_be_looked_at(config: Path, queues: Queues) -> None:
    """The same in all of them: what waits and since when, who holds what for how long, what comes next."""
    queues.push([(1, entry(4000)), (1, b"nonsense"), (3, entry(10))])
    assert queues.acquire(1, 600)
    (look,) = documents(run(config, "monitor", "--iterations", "1", "--json"))
    assert [queue["waiting"] for queue in look["queues"]] == [0, 2, 0, 1]
    assert 4000 <= look["queues"][1]["lag_seconds"] < 5000
    assert look["queues"][1]["lock"]["holder"] == "worker-2@web01"
    (status,) = documents(run(config, "lock-status", "--json"))
    (lock,) = status["locks"]
    assert (lock["queue"], lock["key"], lock["holder"]) == (1, "QueuedTrackingLock1", "worker-2@web01")
    assert 500 < lock["seconds_left"] <= 600
    entries = documents(run(config, "print-queued-requests", "--json"))
    assert [(one["queue"], one["place"]) for one in entries] == [(1, 1), (1, 2), (3, 1)]
    assert entries[0]["entry"]["requests"][0]["url"] == "http://example.org/"
    assert (entries[1]["age_seconds"], entries[1]["entry"]) == (None, {"undecodable_bytes": 8})
    assert queues.lengths() == [0, 2, 0, 1]
    (done,) = documents(run(config, "lock-status", "--unlock", lock["key"], "--yes", "--json"))
    assert done["unlocked"]["token"] == "1f0c9a7be412:worker-2@web01"
    assert queues.acquire(1, 600)
    again = run(config, "lock-status", "--unlock", "2", "--yes")
    assert (again.exit_code, again.output) == (1, "qtd: QueuedTrackingLock2 is not locked, or not any more\n")


def test_the_number_of_queues_in_force_is_gone_by(config: Path, queues: Queues) -> None:
    """Also while the file says another one; a change that is under way is shown."""
    six = queues.with_count(6)
    six.adopt(Numbering(count=6))
    six.renumber(Numbering(count=6, target=3))
    six.push([(5, entry(10))])
    (look,) = documents(run(config, "monitor", "--iterations", "1", "--json"))
    assert ([queue["waiting"] for queue in look["queues"]], look["changing_to"]) == ([0] * 5 + [1], 3)
    (one,) = documents(run(config, "print-queued-requests", "--json", "--queue-id", "5"))
    assert one["queue"] == 5
    said = run(config, "print-queued-requests", "--queue-id", "6")
    assert (said.exit_code, "there are 6 queues" in said.output) == (2, True)


@pytest.fixture
def redis_config(redis_server: RedisServer, tmp_path: Path) -> Path:
    """Give a configuration with two queues in Redis."""
    return configuration(tmp_path, redis={"hosts": [redis_server.address]}, queue={"count": 2})


def test_requests_are_printed_as_a_command_does(redis_config: Path) -> None:
    """Oldest first, as many as asked for, of the queue asked for; secrets only for those who ask for them."""
    queues = open_queues(load(redis_config))
    queues.push([(0, entry(3700, f"http://example.org/{number}")) for number in range(5)])
    queues.close()
    with qtd("print-queued-requests", "--limit", "2", "--config", redis_config) as command:
        assert command.end() == 0
        text = command.output()
    lines = text.splitlines()
    assert lines[0] == "queue 0: 5 waiting, the next 2:"
    assert [line for line in lines if ", entry " in line] == [
        "queue 0, entry 1, accepted 1 h 1 min ago:",
        "queue 0, entry 2, accepted 1 h 1 min ago:",
    ]
    assert lines[-1] == "queue 1: 0 waiting"
    assert text.index("example.org/0") < text.index("example.org/1")
    assert not [secret for secret in SECRETS if secret in text]
    for words in (("--reveal",), ("--reveal", "--json")):
        said = run(redis_config, "print-queued-requests", "--queue-id", "0", *words)
        assert not [secret for secret in SECRETS if secret not in said.output]
        assert "example.org/4" in said.output
        assert "queue 1" not in said.output


def test_a_lock_is_taken_off_by_a_process(redis_config: Path, redis_server: RedisServer) -> None:
    """At a terminal it asks first, and a no changes nothing; elsewhere only --yes does it."""
    with redis_server.client() as client:
        client.set("QueuedTrackingLock0", "1f0c9a7be412", ex=3 * 86400 - 600)
        client.set("QueuedTrackingLock9", "by hand")
    with qtd("lock-status", "--config", redis_config) as command:
        assert command.end() == 0
        _, first, second = command.output().splitlines()
    assert first.split() == ["0", "QueuedTrackingLock0", "unknown", "(1f0c9a7be412)", *["2", "d", "23", "h"]]
    assert second.split() == ["9", "QueuedTrackingLock9", "unknown", "(by", "hand)", "never", "expires"]
    with qtd("lock-status", "--unlock", "9", "--config", redis_config) as command:
        assert command.end() == 2
    assert "say --yes" in command.noise[-1]
    for answer, code, left in (("n", 1, 1), ("y", 0, 0)):
        with on_terminal("lock-status", "--unlock", "9", "--config", redis_config) as terminal:
            terminal.until("QueuedTrackingLock9 is held by: unknown (by hand); time left: never expires.")
            terminal.press(f"{answer}\n")
            assert terminal.end() == code
        with redis_server.client() as client:
            assert client.exists("QueuedTrackingLock9") == left
            assert client.exists("QueuedTrackingLock0") == 1
    said = run(redis_config, "lock-status", "--unlock", "0", "-y")
    assert (said.exit_code, said.output) == (
        0,
        "QueuedTrackingLock0 is taken off; it was held by: unknown (1f0c9a7be412)\n",
    )
    assert run(redis_config, "lock-status").output == "no locks: all queues are free\n"


def test_an_unfinished_change_of_queues_is_not_unlocked(
    redis_config: Path, redis_server: RedisServer
) -> None:
    """Its locks keep the order of requests; the command that ends it is named, and nothing is done."""
    with redis_server.client() as client:
        client.set("QueuedTrackingLock1", resize_token(8))
        said = run(redis_config, "lock-status", "--unlock", "1", "--yes")
        assert said.exit_code == 1
        assert "qtd queues resize 8" in said.output
        assert client.exists("QueuedTrackingLock1") == 1


def test_a_lock_that_changed_hands_is_left_alone(
    redis_config: Path, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else took the queue while the question was answered: he keeps it."""
    with redis_server.client() as client:
        client.set("QueuedTrackingLock0", "first", ex=600)

        def answered(*_: object, **__: object) -> bool:
            client.set("QueuedTrackingLock0", "second", ex=600)
            return True

        monkeypatch.setattr("click.confirm", answered)
        monkeypatch.setattr("qtd.cli.lock_status.at_terminal", lambda: True)
        said = run(redis_config, "lock-status", "--unlock", "0")
        assert (said.exit_code, "changed hands" in said.output) == (1, True)
        assert client.get("QueuedTrackingLock0") == b"second"


@pytest.mark.parametrize("command", ["lock-status", "print-queued-requests"])
def test_a_broker_that_is_away_is_one_line(tmp_path: Path, command: str) -> None:
    """Exit code 1, at once; and no file of SQLite is made by looking."""
    redis = configuration(tmp_path, redis={"hosts": ["127.0.0.1:1"]})
    said = run(redis, command)
    assert (said.exit_code, said.output.count("\n")) == (1, 1)
    assert said.output.startswith("qtd: Redis: ")
    said = run(configuration(tmp_path, queue={"backend": "sql"}), command)
    assert (said.exit_code, said.output.count("\n")) == (1, 1)
    assert "there is no database" in said.output
    assert not (tmp_path / "qtd.sqlite3").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("lock-status", "--unlock", "trackingQueueV1", "--yes"),
        ("lock-status", "--unlock", "-1", "--yes"),
        ("lock-status", "--unlock", "4097", "--yes"),
        ("lock-status", "--unlock", "QueuedTrackingLock", "--yes"),
        ("print-queued-requests", "--queue-id", "2"),
        ("print-queued-requests", "--queue-id", "x"),
        ("print-queued-requests", "--limit", "0"),
        ("monitor", "--iterations", "0"),
        ("monitor", "--interval", "nan"),
        ("monitor", "--interval", "0"),
        ("monitor", "--rowperpage", "0"),
        ("monitor", "--jumptopage", "x"),
    ],
)
def test_wrong_usage_is_refused(redis_config: Path, words: tuple[str, ...]) -> None:
    """Exit code 2, and the option is named."""
    said = run(redis_config, *words)
    assert said.exit_code == 2
    assert words[1] in said.output


@pytest.mark.parametrize("command", ["lock-status", "print-queued-requests", "monitor"])
def test_queues_in_memory_are_not_there_for_others(tmp_path: Path, command: str) -> None:
    """Exit code 2 and one line that says what to use."""
    said = run(configuration(tmp_path, queue={"backend": "memory"}), command)
    assert (said.exit_code, said.output.count("\n")) == (2, 1)
    assert "queue.backend: 'memory'" in said.output
