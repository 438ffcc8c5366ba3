"""`qtd test` as an operator runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import make_url

from qtd.cli.main import main
from qtd.db.engine import open_engine
from qtd.store.create import create_tables
from tests.servers.mariadb import MariaDbServer
from tests.servers.redis import RedisServer, running_redis

pytestmark = pytest.mark.timeout(240)

#: Every secret that a configuration of these tests has.
SECRETS = ("broker hunter2", "rows hunter3", "salt hunter4", "hunter5")


@pytest.fixture
def broker() -> Iterator[RedisServer]:
    """Give a server that lacks nothing, with a password."""
    with running_redis("--appendonly", "yes", "--maxmemory", "1gb", password=SECRETS[0]) as server:
        yield server


@pytest.fixture
def account(mariadb_server: MariaDbServer, mariadb_url: str) -> Iterator[str]:
    """Give the URL, without its password, of an account for a database that is complete."""
    engine = open_engine(mariadb_url)
    create_tables(engine)
    engine.dispose()
    schema = make_url(mariadb_url).database
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER doctor@'%' IDENTIFIED BY '{SECRETS[1]}'")
        cursor.execute(f"GRANT ALL ON {schema}.* TO doctor@'%'")
        yield mariadb_url.replace("root@", "doctor@")
        cursor.execute("DROP USER doctor@'%'")


def written(folder: Path, **values: Any) -> Path:
    """Write a configuration that only its owner may read."""
    file = folder / "qtd.yaml"
    site = {"idsite": 1, "name": "a", "main_url": "http://example.org"}
    file.write_text(yaml.safe_dump({"state_directory": str(folder), "sites": [site], **values}))
    file.chmod(0o600)
    return file


def qtd_test(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it as a process; whatever comes of it, no secret may be in what it says."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "qtd", "test", "--config", str(config), *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert "Traceback" not in done.stderr
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr
    return done


def checked(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The verdicts of its JSON, whose totals are theirs."""
    document = orjson.loads(done.stdout)
    verdicts = [check["verdict"] for check in document["checks"]]
    assert document["totals"] == {word: verdicts.count(word) for word in ("ok", "warning", "error")}
    assert all(set(check) == {"name", "verdict", "found", "advice", "where"} for check in document["checks"])
    return {check["name"]: check["verdict"] for check in document["checks"]}


def test_well_then_with_something_away(broker: RedisServer, account: str, tmp_path: Path) -> None:
    """Exit code 0 without errors, for people and for scripts; 1 with what is away, the rest looked at all the same."""
    for name, secret in zip(("redis", "database", "salt"), SECRETS, strict=False):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o640)
    values: dict[str, Any] = {
        "redis": {"hosts": [broker.address], "password_file": "redis"},
        "database": {"url": account, "password_file": "database"},
        "matomo": {"salt_file": "salt"},
    }
    config = written(tmp_path, **values)
    well = qtd_test(config, "--json")
    assert well.returncode == 0, well.stdout
    assert (well.stderr, set(checked(well).values())) == ("", {"ok", "warning"})
    assert {"redis.operations", "redis.eviction", "database.rights", "files.secrets"} <= set(checked(well))

    (tmp_path / "database").write_text(SECRETS[3])
    (tmp_path / "redis").chmod(0o644)
    broker.kill()
    ill = qtd_test(config)
    assert ill.returncode == 1
    assert ill.stderr == ""
    lines = ill.stdout.splitlines()
    errors = {line.split()[1] for line in lines if line.startswith("error")}
    assert errors == {"redis.connection", "database.connection", "files.secrets"}
    assert lines[-1].endswith(", 3 errors")
    assert any(line.strip().startswith("-> chmod 640") for line in lines)


def test_secrets_in_the_configuration_itself(account: str, tmp_path: Path) -> None:
    """Also those in URLs, of an account that is refused, and of Sentinels, are not shown."""
    values: dict[str, Any] = {
        "redis": {
            "mode": "sentinel",
            "hosts": ["127.0.0.1:1"],
            "password": SECRETS[0],
            "sentinel": {"master_name": "m", "password": SECRETS[3]},
        },
        "database": {"url": account.replace("doctor@", f"doctor:{SECRETS[3]}@")},
        "matomo": {"salt": SECRETS[2]},
    }
    for words in ((), ("--json",)):
        done = qtd_test(written(tmp_path, **values), *words)
        assert done.returncode == 1
        assert "1045" in done.stdout


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--config", "/nowhere/qtd.yaml"), "/nowhere/qtd.yaml"),
        (("--jason",), "No such option"),
        (("redis",), "unexpected extra argument"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], line: str) -> None:
    """Exit code 2 and what is wrong, before anything is looked at."""
    said = CliRunner().invoke(main, ("test", *words), prog_name="qtd")
    assert said.exit_code == 2
    assert line in said.stderr
    assert said.stdout == ""


def test_a_wrong_configuration_is_wrong_usage(tmp_path: Path) -> None:
    """Each mistake by its key, as everywhere; a secret's file that can not be read, too."""
    file = written(tmp_path, redis={"hots": ["a:1"]})
    said = CliRunner().invoke(main, ("test", "--config", str(file)), prog_name="qtd")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "redis.hots: unknown key" in said.stderr
    file = written(tmp_path, redis={"password_file": "none"})
    said = CliRunner().invoke(main, ("test", "--config", str(file)), prog_name="qtd")
    assert said.exit_code == 2
    assert "redis.password_file" in said.stderr


def test_the_embedded_default(tmp_path: Path) -> None:
    """Queues and rows in SQLite: all is well before the first start, and nothing is made by looking."""
    file = written(tmp_path, queue={"backend": "sql"})
    said = CliRunner().invoke(main, ("test", "--config", str(file)), prog_name="qtd")
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[-1].endswith(", 0 errors")
    assert [path.name for path in tmp_path.iterdir()] == ["qtd.yaml"]
