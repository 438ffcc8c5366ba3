"""A Redis server of its own for a measurement, so that nobody's queues are touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from qtd.errors import ConfigurationError, QtdError

#: Debian keeps servers where a user's PATH does not look.
_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
_START_SECONDS = 10.0
#: As it should be for queues: what was accepted is on the disk within a second.
PERSISTENCE = ("--appendonly", "yes", "--appendfsync", "everysec", "--save", "")


@contextmanager
def private_redis(folder: Path, port: int) -> Iterator[None]:
    """Run a server on a loopback port, with its data in the folder.

    Raises:
        ConfigurationError: Redis is not installed.
        QtdError: it does not answer.
    """
    program = shutil.which("redis-server", path=_PATH)
    if program is None:
        raise ConfigurationError(
            "redis-server is not installed: apt install redis-server, or --backend memory"
        )
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), *PERSISTENCE]
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603 - our own command
    try:
        _wait(server, port)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    client = redis.Redis(port=port)
    end = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < end and server.poll() is None:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.05)
            else:
                return
    finally:
        client.close()
    raise QtdError("redis-server does not answer")
