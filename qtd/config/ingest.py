"""`ingest`: the HTTP endpoint that accepts tracking requests."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from qtd.config.section import ListOf, Section, contradiction
from qtd.config.values import HeaderName, NetworkValue, PathValue, Port, Seconds, Text


class Ingest(Section):
    """The HTTP endpoint that accepts tracking requests."""

    host: Text = Field("127.0.0.1", description="address to listen on")
    port: Port = Field(8088, description="port to listen on")
    unix_socket: PathValue | None = Field(
        None, description="path of a socket to listen on, instead of host and port"
    )
    processes: int = Field(1, ge=1, le=256, description="number of processes that share the port")
    max_body_bytes: int = Field(
        8 * 1024 * 1024,
        ge=1024,
        le=1024**3,
        description="largest body; a larger one is answered with status 413",
    )
    max_header_bytes: int = Field(
        65536,
        ge=1024,
        le=1024**2,
        description="largest request line and headers together; beyond: 414 or 431",
    )
    request_timeout_seconds: Seconds = Field(
        30.0, description="longest time a client may take to send a request; beyond: 408"
    )
    trusted_proxies: ListOf[NetworkValue] = Field(
        (),
        description="peers whose proxy headers are believed; a unix socket's peer always is",
    )
    proxy_client_headers: ListOf[HeaderName] = Field(
        ("X-Forwarded-For",), description="headers in which a trusted proxy names the client's address"
    )
    proxy_host_headers: ListOf[HeaderName] = Field(
        ("X-Forwarded-Host",),
        description="headers in which a trusted proxy names the host that was asked for",
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        listening = self.model_fields_set & {"host", "port"}
        if self.unix_socket is not None and listening:
            raise contradiction("unix_socket", f"is set, and so is {min(listening)}; give one of the two")
        return self
