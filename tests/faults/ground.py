"""What rounds take place on: a broker, MariaDB, an endpoint and workers, kept from round to round where they live."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import redis
import yaml
from sqlalchemy import Engine

from qtd.config.load import load
from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.ingest.spool.state import look
from qtd.log.events.ingest import IngestStarted
from qtd.log.events.worker import WorkerStarted
from qtd.queue.redis_keys import list_key, lock_key
from qtd.store.create import create_tables
from tests.faults.patience import until
from tests.faults.process import QtdProcess
from tests.faults.proxy import MariaDbDoor
from tests.faults.requests import GOAL, HOST, SITE
from tests.servers.mariadb import MariaDbServer
from tests.servers.process import free_port
from tests.servers.redis import RedisServer

QUEUES: Final = 3
WORKERS: Final = 2
#: What Redis is told, so that an answer means what docs/guarantees.md says; and that its file grows at its end only.
PERSISTENCE: Final = (
    *("--appendonly", "yes", "--appendfsync", "always"),
    *("--auto-aof-rewrite-percentage", "0"),
)
#: The disk of the spool, in bytes: small enough to be filled.
DISK_BYTES: Final = 16 * 1024 * 1024


class Worker:
    """`qtd worker N`, and the door through which it reaches its database."""

    def __init__(self, process: QtdProcess, door: MariaDbDoor) -> None:
        self.process = process
        self.door = door


class Ground(ABC):
    """Everything but the broker, which is of one kind or another."""

    #: for people
    name: str

    def __init__(self, folder: Path, mariadb: MariaDbServer) -> None:
        """Nothing runs yet."""
        self.folder = folder
        self.mariadb = mariadb
        self.port = free_port()
        self.schema = mariadb.create_schema()
        self.engine: Engine = open_engine(mariadb.url(self.schema))
        self.spool = folder / "spool"
        #: whether the spool's folder is a small disk of its own
        self.small_disk = False
        self.workers = [self._worker(number) for number in range(1, WORKERS + 1)]
        file = self._configure("serve", mariadb.port)
        self.endpoint = QtdProcess(
            "the endpoint",
            ("serve", "--config", str(file)),
            log=folder / "serve.log",
            started=IngestStarted.name(),
        )

    @cached_property
    def config(self) -> Config:
        """The endpoint's configuration; the workers' differs in the database's port."""
        return load(self.folder / "serve.yaml")

    @property
    def config_file(self) -> Path:
        """Where it is."""
        return self.folder / "serve.yaml"

    def start(self) -> None:
        """Start all, and return when it works."""
        self._start_broker()
        self.spool.mkdir()
        self.small_disk = _mounted(self.spool)
        create_tables(self.engine)
        processes = [self.endpoint, *(worker.process for worker in self.workers)]
        for process in processes:
            process.start()
        for process in processes:
            process.ready()

    def close(self) -> None:
        """End all; the logs stay."""
        for worker in self.workers:
            worker.process.kill()
            worker.door.close()
        self.endpoint.kill()
        self._kill_broker()
        self.engine.dispose()
        if self.small_disk:
            subprocess.run(["umount", "--lazy", str(self.spool)], check=True)

    # the broker

    @property
    @abstractmethod
    def master(self) -> RedisServer:
        """The server that is written to."""

    @abstractmethod
    def replicated(self, client: redis.Redis) -> bool:
        """Whether what the client has written is as durable as an accepted request."""

    @abstractmethod
    def _broker(self) -> Mapping[str, Any]:
        """The `redis` section."""

    @abstractmethod
    def _start_broker(self) -> None:
        """Start the servers."""

    @abstractmethod
    def _kill_broker(self) -> None:
        """End them."""

    def broker_client(self) -> redis.Redis:
        """A client of the master."""
        return self.master.client()

    def waiting(self) -> int:
        """How many entries wait in the queues."""
        with self.broker_client() as client:
            return sum(client.llen(list_key(queue)) for queue in range(QUEUES))

    def expire_locks(self) -> None:
        """Let all locks be over, as if the time had passed for which they were taken."""
        with self.broker_client() as client:
            client.delete(*map(lock_key, range(QUEUES)))

    def spooled(self) -> bool:
        """Whether anything waits in the spool."""
        state = look(self.spool)
        return state is not None and state.since is not None

    def drained(self) -> bool:
        """Whether nothing waits anywhere."""
        try:
            return not self.spooled() and not self.waiting()
        except redis.RedisError:
            return False

    def drain(self) -> None:
        """Wait until nothing waits anywhere.

        Raises:
            ServerError: it never comes to that; something is stuck.
        """
        until(self.drained, "everything is recorded")

    # putting together

    def _worker(self, number: int) -> Worker:
        door = MariaDbDoor(self.mariadb.port)
        file = self._configure(f"worker-{number}", door.port)
        process = QtdProcess(
            f"worker {number}",
            ("worker", str(number), "--config", str(file)),
            log=self.folder / f"worker-{number}.log",
            started=WorkerStarted.name(),
        )
        return Worker(process, door)

    def _configure(self, name: str, database_port: int) -> Path:
        """Short times, so that a round is short; small batches, so that it has many."""
        database = f"mysql+pymysql://root@127.0.0.1:{database_port}/{self.schema}"
        values = {
            "redis": {**self._broker(), "connect_timeout_seconds": 1, "command_timeout_seconds": 2},
            "queue": {"count": QUEUES},
            "database": {"url": database, "command_timeout_seconds": 2, "lock_timeout_seconds": 1},
            "batch": {"max_requests": 15, "max_wait_seconds": 0},
            "workers": {
                "count": WORKERS,
                "lock_seconds": 5,
                "retry_min_seconds": 0.05,
                "retry_max_seconds": 0.4,
            },
            "ingest": {"port": self.port, "processes": 2, "trusted_proxies": ["127.0.0.1"]},
            "spool": {"directory": str(self.spool), "push_deadline_seconds": 0.2},
            "state_directory": str(self.folder),
            "matomo": {"salt": "the salt of the fault harness"},
            "sites": [
                {
                    "idsite": SITE,
                    "name": "Example",
                    "main_url": f"http://{HOST}",
                    "ecommerce": True,
                    "goals": [
                        {
                            "idgoal": GOAL,
                            "name": "Reached",
                            "match_attribute": "manually",
                            "allow_multiple": True,
                        }
                    ],
                }
            ],
            "log": {"level": "debug", "format": "json"},
        }
        file = self.folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(values))
        return file


class SingleRedis(Ground):
    """One Redis with an append-only file."""

    name = "single Redis"

    def __init__(self, folder: Path, mariadb: MariaDbServer) -> None:
        """Nothing runs yet."""
        self.redis_folder = folder / "redis"
        self.redis_folder.mkdir()
        self.redis = RedisServer(self.redis_folder, PERSISTENCE)
        super().__init__(folder, mariadb)

    @property
    def master(self) -> RedisServer:
        """The only one."""
        return self.redis

    def replicated(self, client: redis.Redis) -> bool:  # noqa: ARG002 - it is, with its answer
        """See `Ground.replicated`."""
        return True

    def _broker(self) -> Mapping[str, Any]:
        return {"hosts": [self.redis.address]}

    def _start_broker(self) -> None:
        self.redis.start()

    def _kill_broker(self) -> None:
        self.redis.kill()


def _mounted(folder: Path) -> bool:
    """Put a small disk there, if we may; a disk that is full is nothing one can pretend."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "qtd-faults", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def new_folder(parent: Path, name: str) -> Path:
    """A folder for a ground; they are kept until the run is over, for their logs."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
