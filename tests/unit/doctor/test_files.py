from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from qtd.config.load import load
from qtd.config.root import Config
from qtd.doctor.check import Check
from qtd.doctor.files import check_log, check_spool, check_state, check_user
from qtd.doctor.secret_files import check_secrets, secret_places
from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.state import SpoolState
from tests.unit.doctor.facts import verdicts


def _config(folder: Path, mode: int = 0o640, **values: Any) -> Config:
    file = folder / "qtd.yaml"
    file.write_text(yaml.safe_dump({"state_directory": str(folder), **values}))
    file.chmod(mode)
    return load(file)


def _secret(folder: Path, name: str, mode: int) -> None:
    (folder / name).write_text("geheim\n")
    (folder / name).chmod(mode)


def test_secrets_that_others_can_read(tmp_path: Path) -> None:
    """Each file once with all of its keys, and the configuration itself only where a secret is in it."""
    _secret(tmp_path, "redis.password", 0o644)
    _secret(tmp_path, "database.password", 0o660)
    _secret(tmp_path, "salt", 0o640)
    config = _config(
        tmp_path,
        0o644,
        redis={"password_file": "redis.password"},
        database={"url": "mysql+pymysql://u@h/d", "password_file": "database.password"},
        matomo={"salt_file": "salt"},
    )
    found = {Path(check.where).name: check for check in check_secrets(config, {})}
    assert set(found) == {"redis.password", "database.password"}
    assert {check.verdict.value for check in found.values()} == {"error"}
    assert "redis.password_file can be read by others" in found["redis.password"].found
    assert "can be changed" in found["database.password"].found
    assert "geheim" not in str(found)


@pytest.mark.parametrize(
    "values",
    [
        {"redis": {"password": "geheim"}},
        {"database": {"url": "mysql+pymysql://u:geheim@h/d"}},
        {"queue": {"backend": "sql", "database": {"url": "mysql+pymysql://u@h/d", "password": "geheim"}}},
    ],
)
def test_a_secret_in_the_configuration(tmp_path: Path, values: dict[str, Any]) -> None:
    """Makes that file one to be closed; closed, or without a secret, it is fine."""
    [check] = check_secrets(_config(tmp_path, 0o644, **values), {})
    assert check.verdict.value == "error"
    assert check.where == str(tmp_path / "qtd.yaml")
    assert [len(secret_places(_config(tmp_path, 0o640, **values)))] == [1]
    assert verdicts(list(check_secrets(_config(tmp_path, 0o640, **values), {}))) == {"files.secrets": "ok"}
    assert verdicts(list(check_secrets(_config(tmp_path, 0o644), {}))) == {"files.secrets": "ok"}


def test_secrets_of_systemd_are_looked_at_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare name is a credential, not a file beside the configuration; a client's key is a secret too."""
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    _secret(credentials, "qtd_redis", 0o444)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    (tmp_path / "key.pem").touch(mode=0o600)
    tls = {
        "enabled": True,
        "certificate_file": str(tmp_path / "c.pem"),
        "certificate_key_file": str(tmp_path / "key.pem"),
    }
    config = _config(tmp_path, redis={"password_file": "qtd_redis", "tls": tls})
    [check] = check_secrets(config, os.environ)
    assert check.where == str(credentials / "qtd_redis")
    (tmp_path / "key.pem").chmod(0o604)
    assert len(list(check_secrets(config, os.environ))) == 2


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "verdict"), [(10 * 1024**3, "ok"), (500 * 1024**2, "warning"), (10 * 1024**2, "error")]
)
def test_room_for_the_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    """All of `spool.max_bytes` should be free, and something has to be."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(total=free, used=0, free=free))
    found = verdicts(list(check_spool(_config(tmp_path))))
    assert found == {"files.spool": verdict}


def test_what_waits_in_the_spool_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It should not stay there; an empty one, or none at all, is no news."""
    assert "files.spool_waiting" not in verdicts(list(check_spool(_config(tmp_path))))
    SpoolFolder(tmp_path / "spool", queues=1).close()
    assert "files.spool_waiting" not in verdicts(list(check_spool(_config(tmp_path))))
    (tmp_path / "spool" / "positions").write_bytes(b"")
    assert verdicts(list(check_spool(_config(tmp_path))))["files.spool_waiting"] == "warning"
    monkeypatch.setattr("qtd.doctor.files.look", lambda _: SpoolState(entries=3, bytes=900, since=1.0))
    [waiting, _] = check_spool(_config(tmp_path))
    assert waiting.found == "3 entries wait in it for the broker"


def test_folders_that_can_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spool that is wanted is an error then, one that is taken where there can be one a warning; off is off."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert verdicts(list(check_state(_config(tmp_path)))) == {"files.state": "error"}
    assert verdicts(list(check_spool(_config(tmp_path)))) == {"files.spool": "warning"}
    assert verdicts(list(check_spool(_config(tmp_path, spool={"enabled": True})))) == {"files.spool": "error"}
    assert verdicts(list(check_spool(_config(tmp_path, spool={"enabled": False})))) == {"files.spool": "ok"}


def test_folders_that_are_not_there_yet(tmp_path: Path) -> None:
    """They are made at the first start."""
    config = _config(tmp_path).model_copy(update={"state_directory": tmp_path / "a/b"})
    [check] = check_state(config)
    assert (check.verdict.value, check.found) == ("ok", "not there yet, can be made")
    assert verdicts(list(check_spool(config)))["files.spool"] == "ok"
    assert not (tmp_path / "a").exists()


def test_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may do anything, so that proves nothing where the folder is somebody else's."""
    config = _config(tmp_path)
    assert verdicts(list(check_user(config, user=1000))) == {"files.user": "ok"}
    real = tmp_path.stat()
    others = os.stat_result([*real[:4], 1000, *real[5:]])
    monkeypatch.setattr(Path, "stat", lambda *_, **__: others)
    monkeypatch.setattr(Path, "exists", lambda *_, **__: True)
    assert verdicts(list(check_user(config, user=0))) == {"files.user": "warning"}


def test_a_log_of_errors_alone_hides_outages(tmp_path: Path) -> None:
    """They are warnings, because nothing is lost in them."""

    def checked(level: str) -> Check:
        [check] = check_log(_config(tmp_path, log={"level": level}), journal=tmp_path)
        return check

    assert checked("error").verdict.value == "warning"
    assert checked("info").verdict.value == "ok"
    assert "journal" in checked("info").found
