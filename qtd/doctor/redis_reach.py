"""The Redis servers behind the configuration, each to be asked on its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redis import Redis

from qtd.config.redis import Redis as RedisSection
from qtd.config.redis import Sentinel
from qtd.config.values import Address
from qtd.queue import standalone


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """One server that has queues."""

    #: `10.0.0.11:6379`, `/run/redis.sock`
    address: str
    #: how to reach it and nobody else
    section: RedisSection
    #: the slots it serves, from and to; empty where it is not one of a cluster
    slots: Sequence[tuple[int, int]] = ()

    def connect(self) -> Redis:
        """Return a client that connects with its first command."""
        return standalone.connect(self.section)

    def serves(self, slot: int) -> bool:
        """Say whether a key in this slot lies here."""
        return not self.slots or any(first <= slot <= last for first, last in self.slots)


def the_server(section: RedisSection) -> Reach:
    """Return the only one."""
    address = str(section.unix_socket or section.hosts[0])
    return Reach(address=address, section=section)


def server_at(section: RedisSection, host: str, port: int, slots: Sequence[tuple[int, int]] = ()) -> Reach:
    """Return one of several, with the account and the encryption of all."""
    address = Address(host, port)
    alone = {"mode": "standalone", "hosts": (address,), "sentinel": Sentinel()}
    return Reach(address=str(address), section=section.model_copy(update=alone), slots=slots)
