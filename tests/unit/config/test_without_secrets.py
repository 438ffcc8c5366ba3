"""Checking a configuration without being allowed to read its secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from qtd.cli.check_config import command
from qtd.config.load import load
from qtd.errors import ConfigurationError

CREDENTIALS = "redis: {password_file: qtd_redis}\n"


def test_secrets_may_be_left_unread(tmp_path: Path) -> None:
    """Their files need not be there; everything else is checked as always."""
    file = tmp_path / "qtd.yaml"
    file.write_text(CREDENTIALS, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"redis\.password_file"):
        load(file)
    assert load(file, secrets=False).redis.password is None
    file.write_text(CREDENTIALS + "qeue: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="qeue"):
        load(file, secrets=False)


def test_the_command_has_an_option_for_it(tmp_path: Path) -> None:
    """A reload by systemd checks with it: the credentials are there for the main process only."""
    file = tmp_path / "qtd.yaml"
    file.write_text(CREDENTIALS, encoding="utf-8")
    assert CliRunner().invoke(command, [str(file)]).exit_code == 2
    done = CliRunner().invoke(command, ["--without-secrets", str(file)])
    assert (done.exit_code, done.output) == (0, f"{file}: valid\n")
