"""The demo as a newcomer runs it: the real command, endpoint and worker."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import pytest

from qtd.demo.process_group import memory_bytes

COMMAND = (sys.executable, "-m", "qtd", "demo")

pytestmark = pytest.mark.timeout(180)


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def balance_of(output: str) -> dict[str, float]:
    """The last line."""
    balance: dict[str, float] = orjson.loads(output.splitlines()[-1])
    return balance


def rows_of(folder: Path, query: str) -> list[tuple[int | str, ...]]:
    """What lies in the demo's database."""
    with closing(sqlite3.connect(folder / "matomo.sqlite3")) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A demo of three seconds, and its folder."""
    folder = tmp_path_factory.mktemp("demo") / "here"
    return folder, demo(
        "--seconds", "3", "--rate", "150", "--workers", "2", "--folder", str(folder), "--json"
    )


def test_everything_accepted_is_accounted_for(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """Exit code 0, and accepted = recorded + excluded + dead + waiting, with nothing left waiting."""
    _, result = done
    assert result.returncode == 0, result.stdout + result.stderr
    balance = balance_of(result.stdout)
    assert list(balance) == ["accepted", "recorded", "excluded", "dead", "waiting", "seconds"]
    assert balance["accepted"] == sum(balance[name] for name in ("recorded", "excluded", "dead", "waiting"))
    assert balance["accepted"] > 300
    assert balance["excluded"] > 0
    assert (balance["dead"], balance["waiting"]) == (0, 0)
    assert "The balance adds up" in result.stdout


def test_rows_are_in_the_database(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Visits of all sites, several actions each, referrers of all kinds, conversions, orders and carts' items."""
    folder, _ = done
    assert rows_of(folder, "SELECT DISTINCT idsite FROM log_visit ORDER BY 1") == [(1,), (2,), (3,)]
    [(visits, actions)] = rows_of(
        folder, "SELECT (SELECT COUNT(*) FROM log_visit), (SELECT COUNT(*) FROM log_link_visit_action)"
    )
    assert int(actions) > 2 * int(visits) > 100
    assert len(rows_of(folder, "SELECT DISTINCT referer_type FROM log_visit")) >= 4
    assert rows_of(folder, "SELECT 1 FROM log_conversion LIMIT 1")
    assert rows_of(folder, "SELECT 1 FROM log_conversion_item LIMIT 1")
    assert rows_of(folder, "SELECT 1 FROM log_visit WHERE visitor_returning = 1 LIMIT 1")


def test_visits_have_plausible_times(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """Visits lie within the last day and take some minutes at most; hardly two begin in the same second."""
    folder, _ = done
    [(longest, spread)] = rows_of(
        folder,
        "SELECT MAX(visit_total_time), strftime('%s', MAX(visit_last_action_time))"
        " - strftime('%s', MIN(visit_first_action_time)) FROM log_visit",
    )
    assert 60 < int(longest) < 7200
    assert 3600 < int(spread) < 86400


def test_commands_that_are_shown_can_be_copied(
    done: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    """The lines for Python run in a shell and print ten visits, and ten actions with their addresses."""
    _, result = done
    commands = [line for line in result.stdout.splitlines() if line.startswith("python3 -c ")]
    assert len(commands) == 2
    for command in commands:
        shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        assert len(shown.stdout.splitlines()) == 10


def test_nothing_runs_on(done: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    """When the demo has ended, no process has its configuration any more."""
    folder, _ = done
    found = subprocess.run(["pgrep", "-f", str(folder / "qtd.yaml")], capture_output=True, check=False)
    assert found.returncode == 1, found.stdout


@contextmanager
def surfing(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo whose visitors are at work; killed where the test leaves it running."""
    with subprocess.Popen(
        [*COMMAND, "--seconds", "600", "--folder", str(folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert any(" accepted " in line for line in iter(process.stdout.readline, ""))
            yield process
        finally:
            process.kill()


def test_ctrl_c_ends_early_with_a_balance(tmp_path: Path) -> None:
    """The terminal's interrupt ends the visitors; what was accepted is still recorded and balanced."""
    with surfing(tmp_path / "demo") as process:
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    balance = balance_of(output)
    assert balance["accepted"] == balance["recorded"] + balance["excluded"] > 0
    assert balance["seconds"] < 60


def test_processes_that_die_are_reported(tmp_path: Path) -> None:
    """When the endpoint is killed, the demo ends with exit code 1, says so, and leaves no process behind."""
    folder = tmp_path / "demo"
    with surfing(folder) as process:
        endpoint = subprocess.run(
            ["pgrep", "-f", f"qtd serve .*{folder}"], capture_output=True, text=True, check=True
        )
        group = int(
            endpoint.stdout.split()[0]
        )  # after it come its workers, as long as they are being started
        os.kill(group, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ended by themselves (exit code -9)" in errors
    end = time.monotonic() + 10
    while memory_bytes(group) and time.monotonic() < end:
        time.sleep(0.05)
    assert memory_bytes(group) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds", "0"], "--seconds"),
        (["--rate", "-1"], "--rate"),
        (["--workers", "3", "--queues", "2"], "more workers than queues"),
    ],
)
def test_wrong_usage_is_refused(arguments: list[str], message: str) -> None:
    """Exit code 2, with what is wrong."""
    result = demo(*arguments)
    assert result.returncode == 2
    assert message in result.stderr


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Exit code 2 and one line; nothing in the folder is touched."""
    (tmp_path / "mine").touch()
    result = demo("--folder", str(tmp_path))
    assert result.returncode == 2
    assert result.stderr == f"qtd: {tmp_path}: not empty; the demo wants a folder of its own\n"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
