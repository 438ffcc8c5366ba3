"""A guest: a container in which a real systemd is the first process; tests give it commands."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "guest"

#: Debian 12's; the machine's own may be another one.
PYTHON = "3.11.2"

#: What systemd needs to sandbox services; without them it starts them unprotected and says nothing. Never SYS_TIME:
#: the clock is the machine's.
CAPABILITIES = "SYS_ADMIN,NET_ADMIN,SYS_PTRACE,SYS_NICE,IPC_LOCK,DAC_READ_SEARCH,AUDIT_WRITE"
#: What commands in the guest must not be able to do to the machine.
_WITHHELD = "-sys_time,-sys_module,-sys_rawio,-sys_boot,-syslog"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Seconds for whatever must come to pass in a guest; a loaded machine is slow.
PATIENCE = 90.0


@dataclass(kw_only=True)
class Guest:
    """A running guest."""

    name: str
    pid: int
    _since: str = "@0"

    @property
    def address(self) -> str:
        """Where other guests reach it."""
        return podman("inspect", "-f", "{{.NetworkSettings.IPAddress}}", self.name)

    def command(self, script: str) -> list[str]:
        """Return the command that runs a shell script in the guest; entering takes milliseconds."""
        return [
            *("setpriv", f"--bounding-set={_WITHHELD}"),
            *("nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"),
            *("env", "-i", "HOME=/root", "LANG=C.UTF-8", f"PATH={_PATH}", "/bin/sh", "-c", script),
        ]

    def try_run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a shell script in the guest, however it ends."""
        return subprocess.run(
            self.command(script), check=False, capture_output=True, text=True, timeout=PATIENCE * 2
        )

    def run(self, script: str) -> str:
        """Run a shell script in the guest; return what it prints."""
        done = self.try_run(script)
        assert done.returncode == 0, (
            f"{script}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.story()}"
        )
        return done.stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file in the guest, and the folders above it."""
        quoted = shlex.quote(path)
        subprocess.run(
            self.command(f'mkdir -p "$(dirname {quoted})" && cat > {quoted}'),
            check=True,
            input=text,
            text=True,
        )

    def copy(self, source: Path, folder: str) -> None:
        """Copy a folder's content, or a file, into a folder of the guest."""
        origin, names = (source, ".") if source.is_dir() else (source.parent, source.name)
        with subprocess.Popen(["tar", "-C", origin, "-c", names], stdout=subprocess.PIPE) as packed:
            subprocess.run(
                self.command(f"tar -C {folder} --no-same-owner --no-overwrite-dir -x"),
                check=True,
                stdin=packed.stdout,
            )
        assert packed.returncode == 0

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.run(f"systemctl show -P {name} {unit}")

    def until(self, what: str, reached: Callable[[], Any], *, seconds: float = PATIENCE) -> Any:
        """Wait until something has come to pass; return what `reached` returned then."""
        end = time.monotonic() + seconds
        while not (value := reached()):
            assert time.monotonic() < end, f"not reached: {what}\n{self.story()}"
            time.sleep(0.1)
        return value

    def mark(self) -> None:
        """Let the journal begin here."""
        self._since = self.run("date +@%s.%6N")

    def journal(self, *matches: str) -> list[dict[str, Any]]:
        """Return the entries since the mark that match."""
        self.run("journalctl --sync")
        # Not --after-cursor=: with a filter systemd 252 leaves out the first entry that matches.
        words = " ".join(map(shlex.quote, matches))
        out = self.run(f"journalctl --no-pager -o json --since={self._since} {words}")
        return [json.loads(line) for line in out.splitlines()]

    def until_said(self, text: str, *matches: str) -> None:
        """Wait until an entry's message holds `text`; what services write to standard error takes a moment."""
        self.until(
            f"the journal says {text!r}",
            lambda: any(text in str(entry["MESSAGE"]) for entry in self.journal(*matches)),
        )

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the entries of our own events with this name."""
        return self.journal(f"QTD_EVENT={name}")

    def story(self) -> str:
        """Return what people read: for a test that fails."""
        script = (
            f"journalctl --no-pager -u 'qtd*' --since={self._since} | tail -60;"
            " systemctl --no-pager list-units 'qtd*' -a"
        )
        return self.try_run(script).stdout


@contextmanager
def running_guest(image: str, hostname: str, *options: str) -> Iterator[Guest]:
    """Boot a guest of its own for the duration; guests reach each other by their addresses.

    `options` are further ones of `podman run`.
    """
    name = f"qtd-test-{os.getpid()}-{hostname}"
    podman(
        *(
            "run",
            "--detach",
            f"--name={name}",
            f"--hostname={hostname}",
            "--systemd=false",
            "--cgroupns=private",
        ),
        *(f"--cap-add={CAPABILITIES}", "--security-opt=seccomp=unconfined"),
        *("--tmpfs=/run:rw,mode=755", "--tmpfs=/run/lock:rw", "--tmpfs=/tmp:rw,mode=1777", *options, image),
    )
    try:
        guest = Guest(name=name, pid=int(podman("inspect", "-f", "{{.State.Pid}}", name)))
        guest.until("systemd has booted", lambda: _booted(guest))
        yield guest
    finally:
        podman("rm", "--force", "--time=5", name)


def _booted(guest: Guest) -> bool:
    return guest.try_run("systemctl is-system-running").stdout.strip() in ("running", "degraded")


def podman(*arguments: str) -> str:
    """Run podman; return what it prints."""
    done = subprocess.run(
        ["podman", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"CONTAINERS_CONF": _settings()},
    )
    assert done.returncode == 0, f"podman {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


def _settings() -> str:
    """Podman's settings for machines where its own do not fit."""
    done = subprocess.run([PROJECT / "tools" / "podman-settings"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def image() -> str:
    """Return the name of the guests' image, which is built where it is not there; it depends on what builds it."""
    parts = [HERE / "build-image", HERE / "guest-init"]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    name = f"localhost/qtd-guest:{digest}"
    environ = os.environ | {"CONTAINERS_CONF": _settings()}
    subprocess.run([HERE / "build-image", name], check=True, env=environ)
    return name


def locked_packages(into: Path) -> Path:
    """Return a folder with the packages of requirements/runtime.txt, as the guests' Python needs them."""
    subprocess.run(
        [
            *(Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--require-hashes"),
            *("--python-version", PYTHON, "--target", into),
            *("--requirement", PROJECT / "requirements" / "runtime.txt"),
        ],
        check=True,
    )
    return into


def project_wheel(into: Path) -> Path:
    """Return a wheel of the project as it lies here."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--use-pep517", "--wheel-dir", into, PROJECT),
        ],
        check=True,
    )
    [wheel] = into.glob("qtd-*.whl")
    return wheel
