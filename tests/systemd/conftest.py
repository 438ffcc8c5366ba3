"""One guest for all tests, with qtd installed; each test begins with empty queues and the base configuration."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.systemd.guests import image, locked_packages, project_wheel, running_guest
from tests.systemd.installed import Installed, install


@pytest.fixture(scope="session")
def new_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Installed]]:
    """Give what boots a guest of a name and installs qtd; it runs to the end."""
    missing = [name for name in ("podman", "mmdebstrap", "nsenter", "setpriv") if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        pytest.fail(
            f"guests need root and {', '.join(missing) or 'its privileges'} (`make test-systemd` says how)"
        )
    packages = locked_packages(tmp_path_factory.mktemp("packages"))
    wheel = project_wheel(tmp_path_factory.mktemp("wheel"))
    with ExitStack() as running:
        yield lambda name: install(
            running.enter_context(running_guest(image(), name)), packages=packages, wheel=wheel
        )


@pytest.fixture(scope="session")
def installed_once(new_host: Callable[[str], Installed]) -> Installed:
    """Give a guest with qtd; tests take `qtd`."""
    return new_host("web01")


@pytest.fixture
def qtd(installed_once: Installed) -> Iterator[Installed]:
    """Give qtd, stopped, with nothing in its queues and tables."""
    installed_once.reset()
    installed_once.configure()
    yield installed_once
    installed_once.guest.run("systemctl start mariadb redis-server")
