"""qtd as installed in a guest: its configuration, its load, its books."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.systemd.guests import PROJECT, Guest

_LOAD = "/opt/qtd/load.py"
_PREFIXES = itertools.count(1)

#: What all tests begin with; quick to notice, so that no test has to wait for long.
BASE: dict[str, Any] = {
    "queue": {"backend": "redis", "count": 4},
    "workers": {"count": 2, "lock_seconds": 5, "retry_max_seconds": 2.0},
    "batch": {"max_wait_seconds": 0.2},
    "database": {"url": "mysql+pymysql://qtd@127.0.0.1/qtd", "password_file": "qtd_database"},
    "sites": [{"idsite": 1, "name": "test", "main_url": "http://example.org"}],
}


@dataclass(kw_only=True, slots=True)
class Load:
    """What a load has come to."""

    sent: int
    accepted: int
    failed: int
    #: kinds of the failures, or statuses, and how many there were
    failures: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """A guest with qtd in it."""

    guest: Guest

    def configure(self, **sections: Any) -> None:
        """Write the configuration: the base with these sections instead of its own."""
        self.guest.write("/etc/qtd/qtd.yaml", yaml.safe_dump(BASE | sections))
        self.guest.run("chown root:qtd /etc/qtd/qtd.yaml && chmod 640 /etc/qtd/qtd.yaml")

    def drop_in(self, unit: str, text: str) -> None:
        """Add a drop-in, as provisioning does; gone with the next test."""
        self.guest.write(f"/run/systemd/system/{unit}.d/test.conf", text)
        self.guest.run("systemctl daemon-reload")

    def reset(self) -> None:
        """Stop everything, and empty queues and tables."""
        guest = self.guest
        guest.run("systemctl start mariadb redis-server")
        self.stop()
        guest.run("redis-cli flushall && mariadb -e 'DROP DATABASE IF EXISTS qtd; CREATE DATABASE qtd'")
        guest.mark()

    def stop(self) -> None:
        """Stop all of qtd, and forget what a test has changed in the units."""
        self.guest.run("systemctl stop qtd.target && systemctl stop 'qtd-worker@*.service'")
        self.guest.run(
            "rm -rf /run/systemd/system/qtd*.d && systemctl daemon-reload && systemctl reset-failed"
        )

    def start(self) -> None:
        """Start it as an administrator would, and wait until it is ready: the workers too."""
        self.guest.run("systemctl start qtd.target qtd.service qtd-ingest.service")
        self.until_running(2)

    def until_running(self, count: int) -> None:
        """Wait until exactly workers 1 to `count` run."""
        wanted = set(range(1, count + 1))
        self.guest.until(f"{count} workers run", lambda: self.running() == wanted)

    def until_restarted(self, worker: int, times: int = 1) -> None:
        """Wait until systemd has started a worker again, so many times in all."""
        unit = f"qtd-worker@{worker}.service"
        self.guest.until(f"{unit} was restarted", lambda: int(self.guest.show(unit, "NRestarts")) >= times)
        self.guest.until(f"{unit} runs", lambda: self.guest.show(unit, "ActiveState") == "active")

    def running(self, *states: str) -> set[int]:
        """Numbers of the workers that run, or are in one of these states."""
        chosen = ",".join(states) or "active"
        listed = self.guest.run(f"systemctl list-units --plain --no-legend --state={chosen} 'qtd-worker@*'")
        return {int(line.split("@")[1].split(".")[0]) for line in listed.splitlines()}

    @contextmanager
    def load(self, seconds: float, *, rate: float = 200) -> Iterator[Load]:
        """Send page views meanwhile; the values are filled in at the end."""
        command = f"/opt/qtd/venv/bin/python {_LOAD} {seconds} {rate} {next(_PREFIXES)}"
        process = subprocess.Popen(self.guest.command(command), stdout=subprocess.PIPE, text=True)
        load = Load(sent=0, accepted=0, failed=0, failures={})
        try:
            yield load
            out, _ = process.communicate(timeout=seconds + 120)
        finally:
            process.kill()
            process.communicate()
        for name, value in json.loads(out).items():
            setattr(load, name, value)

    def recorded(self) -> int:
        """Page views in the database."""
        return int(self.guest.run("mariadb -N qtd -e 'SELECT COUNT(*) FROM log_link_visit_action'"))

    def doubled(self) -> list[str]:
        """Page views that are in the database more than once; those of a load are all different."""
        statement = (
            "SELECT name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url"
            " GROUP BY name HAVING COUNT(*) > 1"
        )
        return self.guest.run(f"mariadb -N qtd -e '{statement}'").split()

    def waiting(self) -> int:
        """Entries in all queues."""
        # Of the keys beside them one is their number.
        keys = "redis-cli --raw keys 'trackingQueueV1*' | grep -Ex 'trackingQueueV1(_[0-9]+)?'"
        script = f"for q in $({keys}); do redis-cli --raw llen $q; done"
        return sum(map(int, self.guest.run(script).split()))

    def until_empty(self) -> None:
        """Wait until nothing waits."""
        self.guest.until("the queues are empty", lambda: self.waiting() == 0)


def install(guest: Guest, *, packages: Path, wheel: Path) -> Installed:
    """Install qtd as it lies here: the units as they are, the user, the folders, the polkit rule, a secret."""
    guest.run("mkdir -p /etc/systemd/system /usr/lib/sysusers.d /usr/lib/tmpfiles.d /etc/polkit-1/rules.d")
    for file in sorted((PROJECT / "systemd").iterdir()):
        guest.write(_place(file), file.read_text(encoding="utf-8"))
    guest.write(_LOAD, (Path(__file__).parent / "guest" / "load.py").read_text(encoding="utf-8"))
    guest.copy(packages, "/opt/qtd/venv/lib/python3.11/site-packages")
    guest.copy(wheel, "/opt/qtd")
    guest.run(f"/opt/qtd/venv/bin/pip install --quiet --no-index --no-deps /opt/qtd/{wheel.name}")
    # As pip does where it has a network; the services may not write there, and would compile at each start.
    guest.run("/opt/qtd/venv/bin/python -m compileall -q /opt/qtd/venv/lib")
    guest.run("systemd-sysusers && systemd-tmpfiles --create qtd.conf && systemctl daemon-reload")
    guest.write("/etc/qtd/credentials/database", "secret-of-the-test\n")
    guest.run("chmod 600 /etc/qtd/credentials/database")
    guest.until("MariaDB answers", lambda: guest.try_run("mariadb -e 'SELECT 1'").returncode == 0)
    guest.run(
        "mariadb -e \"CREATE USER qtd@'127.0.0.1' IDENTIFIED BY 'secret-of-the-test';"
        " GRANT ALL ON qtd.* TO qtd@'127.0.0.1'\""
    )
    installed = Installed(guest=guest)
    installed.configure()
    return installed


def _place(file: Path) -> str:
    """Where a file of systemd/ belongs."""
    return {
        ".sysusers": "/usr/lib/sysusers.d/qtd.conf",
        ".tmpfiles": "/usr/lib/tmpfiles.d/qtd.conf",
        ".rules": "/etc/polkit-1/rules.d/50-qtd.rules",
    }.get(file.suffix, f"/etc/systemd/system/{file.name}")
