"""A web server in the guest, and what was recorded on the two sides behind it."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guests import until
from testinfra.host import Host

PORTS = {"nginx": 80, "apache": 8080}
_ENTER = Path(__file__).parents[2] / "shared" / "enter"


@dataclass(kw_only=True)
class Load:
    """What became of a load's page views, by their addresses."""

    accepted: list[str] = field(default_factory=list)
    #: address: status, or kind of error
    failed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Site:
    """One web server with PHP and qtd behind it."""

    host: Host
    server: str

    def hit(self, query: str, *, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Send a page view from 127.7.0.9; return the status, and `php` or `qtd` as who answered."""
        return self.send("GET" if body is None else "POST", f"/matomo.php?{query}", body=body, **headers)

    def send(self, method: str, target: str, *, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Send a request from 127.7.0.9; return the status, and `php` or `qtd` as who answered."""
        given = " ".join(f"-H '{name.replace('_', '-')}: {value}'" for name, value in headers.items())
        if body is not None:
            given += " --data-binary @/tmp/body"
            self._enter(["tee", "/tmp/body"], body)
        if method == "HEAD":
            given += " --head"
        out = self.host.check_output(
            f"curl --silent --interface 127.7.0.9 --dump-header - --output /dev/null -X {method} {given}"
            f" 'http://127.0.0.1:{PORTS[self.server]}{target}'"
        )
        status = int(out.rpartition("HTTP/1.1 ")[2].split()[0])
        return status, "php" if "x-answered-by: php" in out.lower() else "qtd"

    @contextmanager
    def load(self, prefix: str) -> Iterator[Load]:
        """Send page views meanwhile; what became of them is filled in at the end."""
        load = Load()
        with self.process("python3", "/opt/load.py", str(PORTS[self.server]), prefix) as process:
            yield load
            out, _ = process.communicate()
        load.accepted, load.failed = (json.loads(out)[name] for name in ("accepted", "failed"))

    @contextmanager
    def process(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command in the guest meanwhile; it ends with its standard input."""
        entered = [_ENTER, self.host.backend.pid, *command]
        with subprocess.Popen(entered, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                if process.stdin is not None:
                    process.stdin.close()

    def restarts(self) -> int:
        """Return how often systemd has started the endpoint again by itself."""
        return int(self.host.check_output("systemctl show -P NRestarts qtd-ingest.service"))

    def in_hand(self) -> int:
        """Return how many connections there are at qtd's socket whose request it has read."""
        out = self.host.check_output("ss --no-header --unix src /run/qtd/ingest.sock")
        return sum(line.split()[2] == "0" for line in out.splitlines())

    def at_php(self, prefix: str) -> Counter[str]:
        """Return how often PHP got each page view of a load."""
        pages: Counter[str] = Counter()
        for record in self.php():
            queries = [record["server"]["QUERY_STRING"]]
            if record["body"].startswith("{"):
                queries = json.loads(record["body"])["requests"]
            elif record["body"]:
                queries = [record["body"]]
            pages.update(query.rpartition("url=")[2] for query in queries)
        return Counter({page: times for page, times in pages.items() if f"/{prefix}/" in page})

    def php(self) -> list[dict[str, Any]]:
        """Return what PHP got, one request after the other."""
        return [json.loads(line) for line in self.host.check_output("cat /var/lib/recorded/php").splitlines()]

    def at_qtd(self, prefix: str) -> Counter[str]:
        """Return how often qtd recorded each page view of a load, when it has recorded everything."""
        until("the queues are empty", lambda: self.rows("SELECT COUNT(*) FROM qtd_queue_entry") == [[0]])
        rows = self.rows(
            "SELECT name, COUNT(*) FROM log_link_visit_action JOIN log_action ON idaction = idaction_url"
            f" WHERE name LIKE '%/{prefix}/%' GROUP BY name"
        )
        return Counter({f"http://{name}": times for name, times in rows})

    def rows(self, statement: str) -> list[list[Any]]:
        """Return what the database says."""
        script = (
            "import json, sqlite3, sys; connection = sqlite3.connect('/var/lib/qtd/qtd.sqlite3', timeout=60);"
            " print(json.dumps(connection.execute(sys.argv[1]).fetchall()))"
        )
        rows: list[list[Any]] = json.loads(self.host.check_output("python3 -c %s %s", script, statement))
        return rows

    def _enter(self, command: list[str], given: bytes) -> None:
        subprocess.run(
            [_ENTER, self.host.backend.pid, *command], input=given, stdout=subprocess.DEVNULL, check=True
        )
