"""`redis`: the broker that holds the queues, and how to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from qtd.config.redis_address import from_plugin
from qtd.config.section import ListOf, Section, contradiction
from qtd.config.values import Address, AddressValue, PathValue, Seconds, Text


class Sentinel(Section):
    """The Sentinels that know the master; only with mode sentinel, redis.hosts are theirs then."""

    master_name: Text | None = Field(None, description="the name under which the Sentinels watch the master")
    username: Text | None = Field(
        None, description="ACL user of the Sentinels, if they have one of their own"
    )
    password: SecretStr | None = Field(None, description="password of the Sentinels")
    password_file: PathValue | None = Field(None, description="file that holds it; better than password")


class Tls(Section):
    """Encryption between qtd and Redis; certificates are always verified."""

    enabled: bool = Field(False, description="speak TLS")
    ca_file: PathValue | None = Field(
        None, description="certificates (PEM) of the authorities to trust; null: the system's"
    )
    certificate_file: PathValue | None = Field(None, description="client certificate (PEM)")
    certificate_key_file: PathValue | None = Field(None, description="the client certificate's key (PEM)")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate_file is None) != (self.certificate_key_file is None):
            raise contradiction(
                "certificate_file", "goes together with certificate_key_file; give both or none"
            )
        if not self.enabled and (self.ca_file or self.certificate_file):
            raise contradiction("enabled", "is false, but certificates are given; set it to true")
        return self


class Redis(Section):
    """The Redis server that holds the queues (used when queue.backend is redis)."""

    mode: Literal["standalone", "sentinel", "cluster"] = Field(
        "standalone", description="standalone, sentinel or cluster"
    )
    hosts: ListOf[AddressValue] = Field(
        (Address("127.0.0.1", 6379),),
        min_length=1,
        description="host:port; of the server, the Sentinels, or nodes of the cluster (or the plugin's host, port)",
    )
    unix_socket: PathValue | None = Field(
        None, description="path of the server's socket, used instead of hosts"
    )
    username: Text | None = Field(None, description="ACL user; null: the default user")
    password: SecretStr | None = Field(None, description="password; password_file keeps it out of this file")
    password_file: PathValue | None = Field(
        None,
        description="file that holds the password; a bare name means the systemd credential of that name",
    )
    database: int = Field(0, ge=0, le=65535, description="number of the database")
    tls: Tls = Tls()
    sentinel: Sentinel = Sentinel()
    connect_timeout_seconds: Seconds = Field(2.0, description="longest time to make a connection")
    command_timeout_seconds: Seconds = Field(5.0, description="longest time to wait for an answer")
    wait_replicas: int = Field(
        0,
        ge=0,
        le=100,
        description="how many replicas must have a request before it counts as accepted; see docs/redis.md",
    )
    wait_timeout_seconds: Seconds = Field(
        1.0, description="longest time to wait for them; less than command_timeout_seconds"
    )

    @model_validator(mode="before")
    @classmethod
    def _as_in_the_plugin(cls, values: object) -> object:
        if isinstance(values, Mapping) and ("host" in values or "port" in values):
            return from_plugin(values)
        return values

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.wait_replicas and self.wait_timeout_seconds >= self.command_timeout_seconds:
            raise contradiction(
                "wait_timeout_seconds",
                f"must be less than command_timeout_seconds ({self.command_timeout_seconds:g}),"
                " so that the server says how many replicas there were",
            )
        return self

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.mode == "sentinel":
            if self.sentinel.master_name is None:
                raise contradiction("sentinel.master_name", "is required with mode sentinel")
        elif self.sentinel != Sentinel():
            raise contradiction("sentinel", f"is set, but mode is {self.mode}")
        if self.mode == "standalone" and len(self.hosts) > 1:
            raise contradiction("hosts", "mode standalone has one host; for several use sentinel or cluster")
        if self.mode == "cluster" and self.database:
            raise contradiction("database", "a cluster has only database 0")
        if self.unix_socket is not None:
            if self.mode != "standalone":
                raise contradiction("unix_socket", "goes only with mode standalone")
            if "hosts" in self.model_fields_set:
                raise contradiction("unix_socket", "is set, and so is hosts; give one of the two")
            if self.tls.enabled:
                raise contradiction("tls.enabled", "a unix socket has no TLS")
        return self
