"""The unit files as they are: valid, hardened, and of one mind."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[3] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
#: Exposure from 0 (nothing) to 10 (everything) that `systemd-analyze security` may find, times ten.
MOST_EXPOSURE = 15

analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there: install systemd"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a root folder with the units installed, the machine's own targets and slices, and what they start."""
    installed = tmp_path / "etc/systemd/system"
    installed.mkdir(parents=True)
    for file in UNITS.iterdir():
        if file.suffix in {".service", ".socket", ".target", ".slice"}:
            shutil.copy(file, installed)
    for kind in ("target", "slice"):
        for file in Path("/lib/systemd/system").glob(f"*.{kind}"):
            shutil.copy(file, installed)
    for program in ("opt/qtd/venv/bin/qtd", "bin/kill", "bin/sh", "usr/bin/env"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", tmp_path / program)
    return tmp_path


def verify(root: Path, *units: str) -> str:
    """Return what `systemd-analyze verify` has to say, which is nothing where all is well."""
    done = subprocess.run(
        ["systemd-analyze", "verify", f"--root={root}", "--man=no", *units],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@analyze
def test_units_are_valid(root: Path) -> None:
    """Systemd reads every unit without a remark: no unknown key, no missing program, no missing unit."""
    names = [file.name.replace("@.", "@1.") for file in (root / "etc/systemd/system").glob("qtd*")]
    assert len(names) == 6
    assert verify(root, *names) == ""


@analyze
def test_verify_would_see_a_mistake(root: Path) -> None:
    """The check above can fail: a key that systemd does not know is remarked upon."""
    unit = root / "etc/systemd/system/qtd.service"
    unit.write_text(
        unit.read_text(encoding="utf-8").replace("WatchdogSec=", "WatchDogSecs="), encoding="utf-8"
    )
    assert "WatchDogSecs" in verify(root, "qtd.service")


@analyze
@pytest.mark.parametrize("service", SERVICES, ids=lambda file: file.name)
def test_services_are_hardened(service: Path) -> None:
    """`systemd-analyze security` finds an exposure of at most 1.5."""
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--no-pager",
            f"--threshold={MOST_EXPOSURE}",
            service,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if "✗" in line)


class UnitFile(configparser.RawConfigParser):
    """A unit file, as far as its syntax is that of INI files; of a key that is there more than once, the last."""

    def __init__(self) -> None:
        super().__init__(strict=False, comment_prefixes=("#",))

    def optionxform(self, optionstr: str) -> str:
        """Leave the capitals of systemd's keys."""
        return optionstr


def settings(file: Path, section: str) -> configparser.SectionProxy:
    """Return a unit's section."""
    parser = UnitFile()
    parser.read(file, encoding="utf-8")
    return parser[section]


@pytest.mark.parametrize("service", SERVICES, ids=lambda file: file.name)
def test_services_have_in_common_what_they_must(service: Path) -> None:
    """All run as qtd, notify, are watched, end with the target, and give up only on wrong configuration."""
    ours = settings(service, "Service")
    assert (ours["User"], ours["Slice"], ours["StateDirectory"]) == ("qtd", "qtd.slice", "qtd")
    assert ours["Type"] == "notify"
    assert ours["WatchdogSignal"] == "SIGABRT"
    assert ours["Restart"] == "always"
    assert ours["RestartPreventExitStatus"] == "2"
    assert ours["LoadCredential"] == "qtd:/etc/qtd/credentials"
    assert ours["CapabilityBoundingSet"] == ""
    assert settings(service, "Unit")["PartOf"] == "qtd.target"
    assert ours["ExecStart"].startswith("/opt/qtd/venv/bin/qtd ")


@pytest.mark.parametrize(("status", "closes"), [("2", True), ("1", False), ("0", False), ("ABRT", False)])
def test_an_endpoint_closes_its_socket_only_when_it_gives_up(
    status: str,
    closes: bool,  # noqa: FBT001 - a table
    tmp_path: Path,
) -> None:
    """Whatever else ends it, it is started again, and requests wait for it."""
    stopped = settings(UNITS / "qtd-ingest.service", "Service")["ExecStopPost"]
    words = shlex.split(stopped.removeprefix("+").replace("$$", "$"))
    (tmp_path / "systemctl").write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    (tmp_path / "systemctl").chmod(0o755)
    done = subprocess.run(
        words,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path), "EXIT_STATUS": status},
    )
    assert done.stdout.endswith("stop qtd-ingest.socket\n") is closes
    assert ("connections are refused" in done.stderr) is closes


@pytest.mark.parametrize("unit", [*SERVICES, UNITS / "qtd-ingest.socket"], ids=lambda file: file.name)
def test_units_may_be_started_as_often_as_it_takes(unit: Path) -> None:
    """None of those that systemd counts starts of: a limit leaves a unit failed although nothing is wrong any more."""
    assert settings(unit, "Unit")["StartLimitIntervalSec"] == "0"


def test_the_socket_stays_open_while_the_target_restarts() -> None:
    """It is stopped with the target, but no part of it: restarts are not passed on."""
    unit = settings(UNITS / "qtd-ingest.socket", "Unit")
    assert unit["StopPropagatedFrom"] == "qtd.target"
    assert "PartOf" not in unit
    assert "BindsTo" not in unit


@pytest.mark.parametrize(
    ("unit", "allowed"),
    [
        ("qtd-worker@1.service", True),
        ("qtd-worker@4096.service", True),
        ("qtd-worker@0.service", False),
        ("qtd-worker@1.socket", False),
        ("xqtd-worker@1.service", False),
        ("qtd-worker@1.service.d", False),
        ("qtd-ingest.service", False),
        ("ssh.service", False),
    ],
)
def test_the_polkit_rule_names_workers_only(unit: str, allowed: bool) -> None:  # noqa: FBT001 - a table
    """The pattern in the rule holds for numbered workers and for no other unit."""
    (pattern,) = re.findall(r"/(\^qtd.*\$)/", (UNITS / "qtd.rules").read_text(encoding="utf-8"))
    assert bool(re.match(pattern, unit)) is allowed


def test_the_polkit_rule_allows_three_verbs() -> None:
    """start, stop and restart; not reload, kill or set-property."""
    rule = (UNITS / "qtd.rules").read_text(encoding="utf-8")
    assert '["start", "stop", "restart"]' in rule
    assert 'subject.user == "qtd"' in rule
    assert rule.count("polkit.Result.YES") == 1
