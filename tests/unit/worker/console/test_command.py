"""The plugin's command as it is configured."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Any

import pytest

from qtd.config.root import Config
from qtd.errors import ConfigurationError
from qtd.worker.console.command import environment, plugin_command


def config(folder: Path, **console: Any) -> Config:
    """Engine console over a folder."""
    return Config.model_validate(
        {
            "engine": "console",
            "matomo": {"path": str(folder)},
            "console": {"php": [sys.executable], **console},
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give one with a console."""
    (tmp_path / "console").touch()
    return tmp_path


def test_options_of_php_come_first(folder: Path) -> None:
    """Then Matomo's console, the plugin's command, and its options."""
    words = plugin_command(config(folder, php=[sys.executable, "-d", "pcre.jit=0"])).words(3, 50)
    assert words == [
        *(sys.executable, "-d", "pcre.jit=0", str(folder / "console"), "queuedtracking:process"),
        *("--queue-id=3", "--force-num-requests-process-at-once=50", "--no-ansi", "--no-interaction"),
    ]


def test_what_is_missing_is_named(tmp_path: Path, folder: Path) -> None:
    """With the key to change."""
    with pytest.raises(ConfigurationError, match=r"console\.php: 'no-such-php'"):
        plugin_command(config(folder, php=["no-such-php"]))
    with pytest.raises(ConfigurationError, match=r"matomo.path: .* there is no console in it"):
        plugin_command(config(tmp_path / "elsewhere"))


def test_only_root_becomes_somebody_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are told how to run the worker as that user; oneself needs no change."""
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    account = plugin_command(config(folder, user="nobody")).account
    assert account is not None
    assert (account.user, account.group) == (nobody.pw_uid, nobody.pw_gid)
    monkeypatch.setattr("os.geteuid", lambda: nobody.pw_uid)
    assert plugin_command(config(folder, user="nobody")).account is None
    with pytest.raises(ConfigurationError, match="User= in a drop-in"):
        plugin_command(config(folder, user="root"))
    with pytest.raises(ConfigurationError, match="there is no such user"):
        plugin_command(config(folder, user="no-such-user"))


def test_the_service_managers_variables_are_not_passed_on() -> None:
    """PHP must not speak for the worker, nor find its secrets."""
    given = {"PATH": "/bin", "NOTIFY_SOCKET": "/run/n", "CREDENTIALS_DIRECTORY": "/run/c", "LANG": "C.UTF-8"}
    assert environment(given) == {"PATH": "/bin", "LANG": "C.UTF-8"}
    assert "PATH" in environment(os.environ)
