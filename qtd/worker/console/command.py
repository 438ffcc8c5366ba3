"""What is run: PHP with Matomo's console, as the right user, and with nothing in its environment that is ours alone."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qtd.config.root import Config
from qtd.errors import ConfigurationError

#: Of a service's environment, what its manager means for the service alone; systemd.exec(5).
_OURS: Final = frozenset(
    {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "LISTEN_FDS", "LISTEN_PID"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Another user than ours."""

    user: int
    group: int
    groups: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginCommand:
    """The plugin's command."""

    #: PHP with its options
    php: Sequence[str]
    #: Matomo's console
    console: Path
    #: null: whoever we are
    account: Account | None

    def words(self, queue: int, max_requests: int) -> list[str]:
        """To process one queue, up to `max_requests` entries in one transaction, for as long as so many wait."""
        return [
            *self.php,
            str(self.console),
            "queuedtracking:process",
            f"--queue-id={queue}",
            f"--force-num-requests-process-at-once={max_requests}",
            "--no-ansi",
            "--no-interaction",
        ]


def plugin_command(config: Config) -> PluginCommand:
    """The command that the configuration means.

    Raises:
        ConfigurationError: PHP or Matomo's console is not there, or we may not become `console.user`.
    """
    section, folder = config.console, config.matomo.path
    if folder is None:
        raise ConfigurationError("matomo.path: is required with engine console")
    php = shutil.which(section.php[0])
    if php is None:
        raise ConfigurationError(
            f"console.php: {section.php[0]!r}: there is no such program; PHP's is in the package php-cli"
        )
    console = folder / "console"
    if not console.is_file():
        raise ConfigurationError(f"matomo.path: {folder}: there is no console in it")
    return PluginCommand(
        php=(php, *section.php[1:]), console=console, account=_account(section.user) if section.user else None
    )


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What PHP gets of our environment."""
    return {name: value for name, value in environ.items() if name not in _OURS}


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise ConfigurationError(f"console.user: {name!r}: there is no such user") from None
    if entry.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        raise ConfigurationError(
            f"console.user: {name!r}: only root may run it as another user; let the whole worker run as this one"
            " instead (User= in a drop-in of qtd-worker@.service), and leave console.user out"
        )
    groups = tuple(os.getgrouplist(name, entry.pw_gid))
    return Account(user=entry.pw_uid, group=entry.pw_gid, groups=groups)
