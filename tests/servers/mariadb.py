"""A real MariaDB server, with InnoDB as it is, and a schema of its own for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

from tests.servers.process import ServerError, ServerProcess, binary, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymysql.connections import Connection

#: Small, and no waiting for the disk at each commit: what a test kills is the process, not the machine.
FAST = (
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=16M",
    "--innodb-fast-shutdown=1",
    "--performance-schema=OFF",
    "--skip-log-bin",
    "--max-connections=100",
)


class MariaDbServer(ServerProcess):
    """MariaDB on a free port and a Unix socket; account root without a password."""

    def __init__(self, folder: Path, options: Sequence[str] = FAST) -> None:
        self.port = free_port()
        self.unix_socket = folder / "mariadb.sock"
        self._schemas = itertools.count(1)
        data = folder / "data"
        shutil.copytree(_template(), data)
        command = [
            binary("mariadbd", "mariadb-server"),
            "--no-defaults",
            *_as_root(),
            f"--datadir={data}",
            f"--socket={self.unix_socket}",
            f"--pid-file={folder / 'mariadb.pid'}",
            *("--bind-address=127.0.0.1", f"--port={self.port}", "--skip-name-resolve"),
            *options,
        ]
        super().__init__(command, log=folder / "mariadb.log", answers=self._answers_query)

    def connect(self, schema: str | None = None) -> Connection:
        """Return a connection for a test's own looks behind the scenes; commits each statement."""
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database=schema, autocommit=True, read_timeout=30
        )

    def create_schema(self) -> str:
        """Create an empty database; return its name."""
        name = f"qtd_{next(self._schemas)}"
        self._run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return name

    def drop_schema(self, name: str) -> None:
        """Drop a database with all that is in it."""
        self._run(f"DROP DATABASE IF EXISTS {name}")

    def url(self, schema: str) -> str:
        """Return the database's SQLAlchemy URL, as `database.url` takes it."""
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{schema}"

    def _run(self, statement: str) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _answers_query(self) -> bool:
        try:
            self._run("SELECT 1")
        except pymysql.Error:
            return False
        return True


@contextmanager
def running_mariadb(*options: str) -> Iterator[MariaDbServer]:
    """Run a MariaDB of its own for the duration; `options` come after, and so above, the fast ones."""
    with tempfile.TemporaryDirectory(prefix="qtd-mariadb-") as folder:
        server = MariaDbServer(Path(folder), (*FAST, *options))
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _as_root() -> list[str]:
    """MariaDB refuses to run as root unless it is told so."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _template() -> Path:
    """Return a data folder with the system tables only; made once per version, since that takes seconds."""
    program = binary("mariadbd", "mariadb-server")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    name = "".join(c if c.isalnum() else "-" for c in version.split("Ver")[-1].split()[0])
    cache = Path(tempfile.gettempdir()) / f"qtd-tests-{os.geteuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    if cache.stat().st_uid != os.geteuid():
        raise ServerError(f"{cache} belongs to somebody else")
    template = cache / f"mariadb-{name}"
    if template.exists():
        return template
    with tempfile.TemporaryDirectory(prefix="making-", dir=cache) as making:
        data = Path(making) / "data"
        made = subprocess.run(
            [
                binary("mariadb-install-db", "mariadb-server"),
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--innodb-log-file-size=16M",
                *_as_root(),
                f"--datadir={data}",
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            raise ServerError(f"mariadb-install-db failed:\n{made.stdout}{made.stderr}")
        try:
            data.rename(template)  # at once, so that another session never copies half of it
        except OSError:
            if not template.exists():  # else another session was first, and its template is as good
                raise
    return template
