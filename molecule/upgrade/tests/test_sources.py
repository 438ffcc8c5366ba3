"""A release from a package index, and from a wheel whose requirements come from one, beside what runs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from guests import GuestBackend
from playbook import play
from testinfra.host import Host

INDEX = "/root/index"
WHEELHOUSE = Path(os.environ["QTD_WHEELHOUSE"])


@pytest.fixture(scope="module")
def index(host: Host) -> str:
    """Give the address of a package index on the guest, with the wheels of this release (PEP 503)."""
    backend = host.backend
    assert isinstance(backend, GuestBackend)
    with subprocess.Popen(["tar", "-C", WHEELHOUSE, "-c", "."], stdout=subprocess.PIPE) as packed:
        backend.feed(f"mkdir -p {INDEX} && tar -C {INDEX} -x", packed.stdout)
    for name in {path.name for path in WHEELHOUSE.glob("*.whl")}:
        project = name.split("-")[0].replace("_", "-").replace(".", "-").lower()
        link = f'<a href="../{name}">{name}</a>'
        host.check_output(
            "mkdir -p %s && echo %s >> %s", f"{INDEX}/{project}", link, f"{INDEX}/{project}/index.html"
        )
    return f"file://{INDEX}"


def wheel() -> Path:
    """Return qtd's own wheel."""
    (found,) = WHEELHOUSE.glob("qtd-*.whl")
    return found


@pytest.mark.parametrize("source", ["pypi", "wheel"])
def test_a_release_comes_from_an_index(host: Host, index: str, source: str) -> None:
    """It is complete, starts, and brings its units; what runs is another one still."""
    version = wheel().name.split("-")[1]
    variables = {
        "qtd_source": source,
        "qtd_version": version,
        "qtd_wheel": str(wheel()),
        "qtd_pip_index_url": index,
    }
    before = host.check_output("readlink /opt/qtd/venv && ls /opt/qtd/releases")
    done = play("--tags", "install", "--extra-vars", json.dumps(variables))
    assert done.returncode == 0, done.stdout + done.stderr
    former = before.split()
    assert host.check_output("readlink /opt/qtd/venv") == former[0]
    (made,) = set(host.check_output("ls /opt/qtd/releases").split()) - set(former)
    assert host.file(f"/opt/qtd/releases/{made}/.complete").exists
    assert version in host.check_output("%s --version", f"/opt/qtd/releases/{made}/bin/qtd")
    assert host.file(f"/opt/qtd/releases/{made}/share/qtd/systemd/qtd.target").exists
    host.check_output("rm -r %s", f"/opt/qtd/releases/{made}")
