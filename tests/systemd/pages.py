"""Pages of the documentation that are to be copied: their commands, and hosts to type them on."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.systemd.guests import PROJECT, Guest, podman, running_guest

#: The network of the examples, and that of our hosts.
WRITTEN, OURS = "10.0.0.", "10.89.76."

#: Seconds for one block; an environment of its own is built in some of them.
_BLOCK_SECONDS = 1500.0

_AUTHORITIES = Path("/usr/local/share/ca-certificates")


def blocks(page: str, section: str) -> list[str]:
    """Return the blocks of shell commands under this heading of second level, in order."""
    text = (PROJECT / "docs" / page).read_text()
    [part] = re.findall(rf"^## {re.escape(section)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return [
        found.replace(WRITTEN, OURS)
        for found in re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    ]


def typed(guest: Guest, block: str) -> str:
    """Type a block as root in the clone of the project; return what it prints. Any command that fails ends it."""
    done = subprocess.run(
        guest.command(f"cd /root/qtd-clone && exec bash -eu -o pipefail -c {shlex.quote(block)}"),
        check=False,
        capture_output=True,
        text=True,
        timeout=_BLOCK_SECONDS,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}\n{guest.story()}"
    return done.stdout


def give_clone(guest: Guest, folder: Path) -> None:
    """Put a clone of the project on a host."""
    clone = folder / "clone"
    if not clone.exists():
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", PROJECT, clone], check=True)
    guest.run("mkdir -p /root/qtd-clone")
    guest.copy(clone, "/root/qtd-clone")


@contextmanager
def running_hosts(addresses: Mapping[str, str]) -> Iterator[dict[str, Guest]]:
    """Boot a fresh Debian 12 for each name, with these last parts of their addresses, in a network of their own."""
    network = f"qtd-pages-{os.getpid()}"
    podman("network", "create", f"--subnet={OURS}0/24", network)
    with ExitStack() as stack:
        stack.callback(podman, "network", "rm", "--force", network)
        yield {
            name: stack.enter_context(_host(name, network, OURS + last)) for name, last in addresses.items()
        }


@contextmanager
def _host(name: str, network: str, address: str) -> Iterator[Guest]:
    build = PROJECT / "molecule" / "shared" / "image" / "build"
    image = subprocess.run([build, "bookworm"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    network_options = (f"--network={network}", f"--ip={address}", "--cap-add=NET_RAW")
    with running_guest(image, name, *network_options) as guest:
        guest.run("systemctl is-system-running")  # fails where a unit has failed
        _as_on_the_internet(guest)
        yield guest


def _as_on_the_internet(guest: Guest) -> None:
    """Trust whom this machine trusts, where its way out is signed anew; take package lists whatever the clock says."""
    if any(_AUTHORITIES.glob("*.crt")):
        guest.copy(_AUTHORITIES, str(_AUTHORITIES))
        guest.run("update-ca-certificates")
    never = 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n'
    guest.write("/etc/apt/apt.conf.d/99clock", never)
