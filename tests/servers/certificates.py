"""Certificates for tests: an authority, a server that is 127.0.0.1, a client, and an authority nobody trusts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.servers.process import binary

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyPair:
    """A certificate and its key, PEM files."""

    certificate: Path
    key: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """Made anew for each session; they end after a day."""

    #: Signed all but `stranger`.
    authority: KeyPair
    server: KeyPair
    client: KeyPair
    #: Another authority.
    stranger: KeyPair


def make_certificates(folder: Path) -> Certificates:
    """Make all files in `folder`."""
    authority = _make(folder, "authority", "basicConstraints=critical,CA:TRUE")
    return Certificates(
        authority=authority,
        server=_make(folder, "server", "subjectAltName=IP:127.0.0.1", signed_by=authority),
        client=_make(folder, "client", "extendedKeyUsage=clientAuth", signed_by=authority),
        stranger=_make(folder, "stranger", "basicConstraints=critical,CA:TRUE"),
    )


def _make(folder: Path, name: str, extension: str, signed_by: KeyPair | None = None) -> KeyPair:
    pair = KeyPair(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    signing = [] if signed_by is None else ["-CA", str(signed_by.certificate), "-CAkey", str(signed_by.key)]
    command = [
        *(binary("openssl", "openssl"), "req", "-x509", "-new", "-newkey", "ec"),
        *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"),
        *("-subj", f"/CN=qtd test {name}", "-addext", extension, *signing),
        *("-keyout", str(pair.key), "-out", str(pair.certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return pair
