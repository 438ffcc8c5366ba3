"""A ground whose broker is a master with a replica and Sentinels; a push has to be on both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import redis

from tests.faults.ground import PERSISTENCE, Ground
from tests.faults.patience import until
from tests.servers.mariadb import MariaDbServer
from tests.servers.redis import RedisServer
from tests.servers.sentinel import MASTER_NAME, SENTINELS_PASSWORD, SERVERS_PASSWORD, SentinelGroup

#: Nobody fails over by himself merely because the machine is busy: the faults ask for it.
DOWN_AFTER_MILLISECONDS = 60_000


class WatchedRedis(Ground):
    """With `redis.wait_replicas: 1` and one replica everything accepted is on whoever takes over."""

    name = "Sentinels"

    def __init__(self, folder: Path, mariadb: MariaDbServer) -> None:
        """Nothing runs yet."""
        broker = folder / "redis"
        broker.mkdir()
        self.group = SentinelGroup(
            broker, down_after_milliseconds=DOWN_AFTER_MILLISECONDS, options=PERSISTENCE
        )
        self._master, self._replica = self.group.servers
        super().__init__(folder, mariadb)

    @property
    def master(self) -> RedisServer:
        """Whom the Sentinels have made the master last."""
        return self._master

    @property
    def replica(self) -> RedisServer:
        """The other one."""
        return self._replica

    def replicated(self, client: redis.Redis) -> bool:
        """See `Ground.replicated`."""
        return bool(client.wait(1, 1000))

    def detach_replica(self) -> None:
        """Let it hear nothing more of its master: it keeps what it has."""
        with self.replica.client() as client:
            client.replicaof("127.0.0.1", 1)  # nobody listens there

    def fail_over(self) -> None:
        """Kill the master and have the replica take over, as it is."""
        self.master.kill()
        until(self._taken_over, "the replica is master")
        self._master, self._replica = self._replica, self._master
        self.expire_locks()

    def restore_replica(self) -> None:
        """Start the killed one again; it follows the new master and forgets what only it had."""
        self.replica.start()
        self.group.follow(self.replica, self.master)
        port = self.master.port
        until(lambda: all(one.master_port() == port for one in self.group.sentinels), "the Sentinels agree")

    def _taken_over(self) -> bool:
        try:
            if self.replica.info("role") == "master":
                return True
        except redis.ConnectionError:
            return False  # a Sentinel that promotes a server closes all of its connections
        self._ask()
        return False

    def _ask(self) -> None:
        """Ask a Sentinel to fail over, again and again: it may give up half-way on a machine that is busy."""
        with self.group.sentinels[0].client() as client:
            try:
                client.execute_command("SENTINEL", "FAILOVER", MASTER_NAME)
            except redis.ResponseError as refusal:
                # It is at it; or it does not know yet that the replica is there again, as it looks only now and then.
                if not str(refusal).startswith(("INPROG", "NOGOODSLAVE")):
                    raise

    def _broker(self) -> Mapping[str, Any]:
        return {
            "mode": "sentinel",
            "hosts": [f"127.0.0.1:{server.port}" for server in self.group.sentinels],
            "password": SERVERS_PASSWORD,
            "sentinel": {"master_name": MASTER_NAME, "password": SENTINELS_PASSWORD},
            "wait_replicas": 1,
            "wait_timeout_seconds": 0.3,
        }

    def _start_broker(self) -> None:
        self.group.start()
        until(lambda: all(one.knows_all() for one in self.group.sentinels), "the Sentinels know each other")

    def _kill_broker(self) -> None:
        self.group.kill()
