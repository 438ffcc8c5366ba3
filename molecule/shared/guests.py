"""A scenario's guests as testinfra's hosts: `host` is one guest after the other, `guests` all of them by name."""

from __future__ import annotations

import functools
import os
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any

import pytest
from testinfra.backend.base import BaseBackend, CommandResult
from testinfra.host import Host
from testinfra.utils.ansible_runner import AnsibleRunner

_ENTER = str(Path(__file__).with_name("enter"))

#: Seconds for whatever must come to pass; a loaded machine is slow.
PATIENCE = 120.0


class GuestBackend(BaseBackend):  # type: ignore[misc]
    """Commands by way of the guest's namespaces; testinfra's own ways start `ansible` or `podman` for each."""

    NAME = "guest"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    @functools.cached_property
    def pid(self) -> str:
        """The guest's first process."""
        return podman("inspect", "--format", "{{.State.Pid}}", self.name)

    def run(self, command: str, *args: str, **_: Any) -> CommandResult:
        """Run a shell command."""
        script = self.get_command(command, *args)
        result = self.run_local("%s %s /bin/sh -c %s", _ENTER, self.pid, script)
        result.command = self.encode(script)
        return result

    def feed(self, script: str, content: IO[bytes] | None) -> None:
        """Run a shell script whose standard input is a file of this machine."""
        subprocess.run([_ENTER, self.pid, "/bin/sh", "-c", script], check=True, stdin=content)


def podman(*arguments: str) -> str:
    """Run podman; return what it prints."""
    return subprocess.run(["podman", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def until(what: str, reached: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
    """Wait until something has come to pass; return what `reached` returned then."""
    end = time.monotonic() + seconds
    while not (value := reached()):
        assert time.monotonic() < end, f"not reached: {what}"
        time.sleep(0.2)
    return value


def restart(host: Host, *, how: str = "restart") -> None:
    """Switch a guest off and on (`restart`), or on again (`start`); its files stay, /run and /tmp begin anew."""
    podman(how, *(["--time=10"] if how == "restart" else []), host.backend.name)
    host.backend.__dict__.pop("pid", None)
    until(
        f"{host.backend.name} has booted",
        lambda: host.run("systemctl is-system-running").stdout.strip() in ("running", "degraded"),
    )


@functools.cache
def _inventory() -> AnsibleRunner:
    return AnsibleRunner(os.environ["MOLECULE_INVENTORY_FILE"])


@functools.cache
def guest(name: str) -> Host:
    """Return the guest of that name."""
    return Host(GuestBackend(name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test that takes `host` run once for each guest."""
    if "host" in metafunc.fixturenames:
        metafunc.parametrize("host", _inventory().get_hosts("guests"), indirect=True, scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a test that failed what its guests have to say about it."""
    report = yield
    if report.failed:
        for name in _inventory().get_hosts("guests"):
            said = guest(name).run(
                "systemctl --no-pager --failed; journalctl --no-pager --lines 60 -u 'qtd*' -u 'redis*' -u mariadb"
            )
            report.sections.append((f"the journal of {name}", said.stdout + said.stderr))
    return report


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Host:
    """Give one guest."""
    return guest(request.param)


@pytest.fixture(scope="session")
def guests() -> dict[str, Host]:
    """Give all guests by name, for a test over several."""
    return {name: guest(name) for name in _inventory().get_hosts("guests")}
