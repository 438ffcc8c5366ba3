"""The benchmarks with small numbers: they measure what they say, and say so where they can not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

import orjson
import pytest
from sqlalchemy import inspect

from qtd.cli.bench.load import wrk_is_there
from qtd.db.engine import open_engine

pytestmark = pytest.mark.timeout(180)


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `qtd bench`."""
    return subprocess.run(
        [sys.executable, "-m", "qtd", "bench", *arguments], capture_output=True, text=True, check=False
    )


def result_of(*arguments: str) -> dict[str, Any]:
    """The result of a run that has one."""
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return result


def test_process_measures_a_worker(database_url: str) -> None:
    """Rates, stages and statements come out, on both databases, and the tables are gone afterwards."""
    result = result_of(
        "process", "--db", database_url, "--requests", "300", "--batch", "100", "--rounds", "3"
    )
    rates = result["hits_per_second"]
    assert 0 < rates["min"] <= rates["median"] <= rates["max"]
    assert list(result["microseconds"]) == [
        *("decode", "read", "look-up", "plan", "write", "commit", "other")
    ]
    assert all(spent > 0 for spent in result["microseconds"].values())
    # Rows go into the database with a few statements for a whole batch.
    assert 2 <= result["statements_per_batch"]["INSERT"] <= 10
    engine = open_engine(database_url)
    assert not inspect(engine).get_table_names()
    engine.dispose()


def test_process_with_new_agents_and_visitors() -> None:
    """Without a database it uses one of its own; visitors and agents are as asked for."""
    result = result_of("process", "--requests", "60", "--visitors", "20", "--agents", "30", "--rounds", "1")
    assert (result["hits_per_visit"], result["agents"], result["database"]) == (3, 30, "sqlite")


def test_process_with_garbage() -> None:
    """Each round is repeated with entries that nobody can decode; the others are recorded all the same."""
    result = result_of("process", "--requests", "200", "--garbage", "2", "--rounds", "2")
    garbage = result["garbage"]
    assert garbage["percent"] == 2
    assert garbage["entries_per_second"]["min"] > 0
    assert garbage["processor_microseconds"]["min"] > 0
    assert 0 < garbage["share_of_clean"]["min"] <= garbage["share_of_clean"]["max"]


@pytest.mark.parametrize("backend", ["memory", "redis", "sql"])
def test_accept_measures_the_endpoint(backend: str) -> None:
    """Rate, latency and what both sides took of the machine come out, with each backend."""
    result = result_of(
        *("accept", "--backend", backend, "--seconds", "0.3", "--rounds", "2", "--client", "own"),
        *("--connections", "4"),
    )
    assert result["hits_per_second"]["min"] > 50
    assert 0 < result["latency_ms"]["p50"]["median"] <= result["latency_ms"]["p99"]["median"]
    assert result["cores"]["endpoint"]["median"] > 0
    assert 0 < result["endpoint_processor_microseconds"]["median"] < 1e6 / 50
    assert (result["backend"], result["client"], result["connections"]) == (backend, "own", 4)


@pytest.mark.skipif(not wrk_is_there(), reason="wrk is not installed")
def test_accept_with_wrk() -> None:
    """Wrk sends the same requests, and two processes take them."""
    result = result_of("accept", "--backend", "memory", "--seconds", "1", "--rounds", "1", "--processes", "2")
    assert result["client"] == "wrk"
    assert result["hits_per_second"]["median"] > 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["process", "--visitors", "2", "--hits-per-visit", "2"], "give one of the two"),
        (["process", "--visitors", "20", "--requests", "10"], "more visitors than page views"),
        (["process", "--garbage", "0"], "0.0 is not in the range 0<x<=100"),
        (["process", "--db", "oracle://x/y"], "'oracle' is not supported"),
        (["process", "--db", "nonsense"], "database URL"),
        (["accept", "--backend", "paper"], "'paper' is not one of"),
    ],
)
def test_wrong_usage_is_refused(arguments: list[str], message: str) -> None:
    """Exit code 2, with what is wrong."""
    done = bench(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr


def test_a_database_that_is_not_there_is_a_failure() -> None:
    """Exit code 1 and one line."""
    done = bench("process", "--db", "mysql+pymysql://root@127.0.0.1:1/test")
    assert done.returncode == 1
    assert done.stderr.startswith("qtd: ")
    assert "Traceback" not in done.stderr


def test_wrk_has_to_be_installed_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without wrk, asking for it is wrong usage that says what to do."""
    monkeypatch.setattr(shutil, "which", lambda *_arguments, **_named: None)
    from click.testing import CliRunner  # noqa: PLC0415 - only here

    from qtd.cli.bench import command  # noqa: PLC0415

    done = CliRunner().invoke(command, ["accept", "--client", "wrk"])
    assert done.exit_code == 2
    assert "apt install wrk" in done.output
