"""What the engines http and console need, as the doctor finds it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from qtd.clock import SystemClock
from qtd.config.http import Http
from qtd.config.root import Config
from qtd.doctor.check import Check
from qtd.doctor.console_engine import check_console
from qtd.doctor.examine import Examination
from qtd.doctor.http_engine import check_http
from qtd.replay.bulk import BulkAnswer
from tests.servers.process import free_port
from tests.standins import console as standin
from tests.standins.matomo import TOKEN, WRITER, Matomo, running_matomo
from tests.standins.php import install_php
from tests.unit.doctor.facts import found, verdicts

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def matomo() -> Iterator[Matomo]:
    """Give a Matomo that takes calls."""
    with running_matomo() as matomo:
        yield matomo


def asked(url: str, token: str = TOKEN, **values: Any) -> list[Check]:
    """What is found of the Matomo at that address; the token is never in it."""
    section = Http(url=url, token=SecretStr(token), connect_timeout_seconds=5, timeout_seconds=10, **values)
    checks = list(check_http(section, SystemClock()))
    assert token not in str(checks)
    return checks


def test_a_matomo_that_records(matomo: Matomo) -> None:
    """One call that leaves no trace tells that it answers, records, and whose the token is."""
    assert verdicts(asked(matomo.url)) == {"http.connection": "ok", "http.token": "ok"}
    assert [call.requests for call in matomo.calls] == [[{}]]
    assert matomo.complaints == []
    refused = asked(matomo.url, WRITER)
    assert verdicts(refused) == {"http.connection": "ok", "http.token": "error"}
    assert "no super user's" in found(refused, "http.token")


def test_a_matomo_that_can_not_say(matomo: Matomo) -> None:
    """One that takes no call without a site answers all the same; its verdict on the token stays unknown."""
    matomo.failures.append((400, {}, b""))
    assert verdicts(asked(matomo.url)) == {"http.connection": "ok", "http.token": "warning"}


def test_no_matomo_that_records(matomo: Matomo, tmp_path: Path) -> None:
    """Away, something else, in maintenance, or with an authority that can not be read: one error with its cause."""
    matomo.records = False
    for checks, cause in (
        (asked(f"http://127.0.0.1:{free_port()}/"), "refused"),
        (asked(f"{matomo.url}piwik.php"), "404"),
        (asked(matomo.url), "record_statistics"),
        (asked("https://127.0.0.1:1/", ca_file=tmp_path / "none.pem"), "http.ca_file"),
    ):
        assert verdicts(checks) == {"http.connection": "error"}
        assert cause in found(checks, "http.connection")


class _Elsewhere:
    """A Matomo on another machine."""

    def __init__(self, *_: object, **__: object) -> None:
        """Connect to nothing."""

    def send(self, _requests: object) -> BulkAnswer:
        """Take all."""
        return BulkAnswer(invalid=frozenset(), super_user=True)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("https://matomo.example/", "ok"),
        ("http://localhost/", "ok"),
        ("http://matomo.example/", "warning"),
        ("http://192.0.2.1/", "warning"),
    ],
)
def test_a_token_that_travels_in_the_open(url: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TLS it is readable on the way, where there is one."""
    monkeypatch.setattr("qtd.doctor.http_engine.Matomo", _Elsewhere)
    assert verdicts(asked(url))["http.connection"] == verdict


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder like Matomo's, with the stand-in for its console, and PHP beside it."""
    folder = tmp_path / "matomo"
    (folder / "tmp").mkdir(parents=True)
    shutil.copy(standin.__file__, folder / "console")
    does(folder)
    install_php(tmp_path)
    return folder


def does(folder: Path, **what: Any) -> None:
    """Say what is to go wrong with the console."""
    (folder / "standin.json").write_text(json.dumps(what))


def tried(folder: Path, **console: Any) -> list[Check]:
    """What is found of the plugin's command."""
    section = {"php": [str(folder.parent / "php")], **console}
    config = Config.model_validate({"engine": "console", "matomo": {"path": str(folder)}, "console": section})
    return list(check_console(config))


def test_a_plugin_that_can_be_run(folder: Path) -> None:
    """PHP says its version, the console its commands; nothing is processed."""
    checks = tried(folder)
    assert verdicts(checks) == {"console.php": "ok", "console.user": "ok", "console.command": "ok"}
    assert found(checks, "console.php").startswith("PHP 8.2.29 (cli)")
    assert not (folder / "runs.jsonl").exists()


def test_a_console_that_does_not_know_the_command(folder: Path) -> None:
    """The plugin is not active, or Matomo fails; its last words are told."""
    does(folder, inactive=True)
    assert "does not know queuedtracking:process" in found(tried(folder), "console.command")
    does(folder, fails=True)
    failing = tried(folder)
    assert verdicts(failing)["console.command"] == "error"
    assert "it ends with 1" in found(failing, "console.command")
    assert "config.ini.php is not readable" in found(failing, "console.command")
    (folder / "console").unlink()
    assert verdicts(tried(folder)) == {"console.command": "error"}


@pytest.mark.parametrize("version", ["Python 3.11.7", "PHP 8.2.29 (cgi-fcgi) (built: Jul  3 2025 16:16:05)"])
def test_a_php_that_is_none(folder: Path, version: str) -> None:
    """Another program, or PHP for web servers: what it says is told, and nothing else is run with it."""
    install_php(folder.parent, version)
    checks = tried(folder)
    assert verdicts(checks) == {"console.php": "error", "console.user": "ok", "console.command": "warning"}
    assert version in found(checks, "console.php")


def test_a_user_who_does_not_own_tmp(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run then that would leave files there which the web server can not change."""
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1234)
    assert verdicts(tried(folder)) == {
        "console.php": "ok",
        "console.user": "warning",
        "console.command": "warning",
    }
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    assert verdicts(tried(folder))["console.user"] == "error"
    (folder / "tmp").rmdir()
    assert verdicts(tried(folder))["console.user"] == "error"


@pytest.mark.parametrize(
    ("engine", "group"), [("http", "the Matomo that records"), ("console", "the plugin's command")]
)
def test_only_the_engine_that_is_used_is_looked_at(engine: str, group: str, tmp_path: Path) -> None:
    """With others, what it needs is nobody's business."""
    values: dict[str, Any] = {
        "http": {"url": "http://127.0.0.1/", "token": "x"},
        "matomo": {"path": str(tmp_path)},
        "redis": {"hosts": ["127.0.0.1:1"]},
    }
    groups = {
        name: [
            found
            for found, _ in Examination(
                Config.model_validate(values | {"engine": name}), SystemClock()
            ).groups()
        ]
        for name in ("native", engine)
    }
    assert group in groups[engine]
    assert group not in groups["native"]
