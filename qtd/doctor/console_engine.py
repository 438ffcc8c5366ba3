"""The plugin's command with engine console: PHP, Matomo's console, and who runs it; tried without processing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import Final

from qtd.config.root import Config
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.errors import ConfigurationError
from qtd.worker.console.command import PluginCommand, environment, plugin_command

#: Longest time for PHP to answer, in seconds.
_ANSWER: Final = 20

_ROOT: Final = 0
_COMMAND: Final = "queuedtracking:process"


def check_console(config: Config) -> Iterator[Check]:
    """Ask PHP for its version, and Matomo's console for its commands, as the user who is to run them."""
    try:
        command = plugin_command(config)
    except ConfigurationError as error:
        yield wrong("console.command", str(error), "see docs/engines.md, console")
        return
    yield (php := _php(command))
    user = _user(command)
    yield user
    if php.advice or user.advice:
        yield doubtful(
            "console.command", f"{command.console}: not tried", "see console.php and console.user above"
        )
    else:
        yield _listed(command)


def _php(command: PluginCommand) -> Check:
    name, program = "console.php", command.php[0]
    trouble, said = _run(command, "--version")
    first = said.partition("\n")[0]
    if trouble or not first.startswith("PHP "):
        found = f"{trouble or 'it is no PHP'}; to --version it says: {first or 'nothing'}"
        return wrong(name, found, "name PHP's program in console.php", where=program)
    if "(cli)" not in first:
        return wrong(
            name,
            f"{first}: not its command line program",
            "install the package php-cli, or name its program in console.php",
            where=program,
        )
    return fine(name, first, where=program)


def _user(command: PluginCommand) -> Check:
    """Judge who runs it: what he makes in `tmp` has to be of use for the web server, too."""
    name, folder = "console.user", command.console.parent / "tmp"
    user = os.geteuid() if command.account is None else command.account.user
    if not folder.is_dir():
        return wrong(
            name,
            "there is no tmp folder in Matomo's",
            "name Matomo's folder in matomo.path",
            where=str(folder),
        )
    owner = folder.stat().st_uid
    if user == owner:
        return fine(name, f"user {user}, who owns Matomo's tmp folder", where=str(folder))
    if user == _ROOT or os.access(folder, os.W_OK | os.X_OK):
        return doubtful(
            name,
            f"user {user}, but the folder belongs to user {owner}: what PHP makes there, the web server can not change",
            "let the workers run as its owner (docs/engines.md, console), and ask as that user",
            where=str(folder),
        )
    return wrong(
        name,
        f"user {user} can not write to it; it belongs to user {owner}",
        "let the workers run as its owner: docs/engines.md, console",
        where=str(folder),
    )


def _listed(command: PluginCommand) -> Check:
    name, where = "console.command", str(command.console)
    trouble, said = _run(command, str(command.console), "list", "--raw", "--no-ansi", "--no-interaction")
    if any(line.split()[:1] == [_COMMAND] for line in said.splitlines()):
        return fine(name, f"knows {_COMMAND}", where=where)
    if trouble:
        found = f"{trouble}; it says: {' '.join(said.split())[-200:] or 'nothing'}"
        return wrong(name, found, "see that it runs by hand, as that user", where=where)
    return wrong(
        name, f"does not know {_COMMAND}", "activate the plugin QueuedTracking in Matomo", where=where
    )


def _run(command: PluginCommand, *words: str) -> tuple[str, str]:
    """Return what went wrong, empty where nothing did, and what PHP said."""
    account = command.account
    try:
        done = subprocess.run(  # noqa: S603 - what the configuration names
            [*command.php, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_ANSWER,
            check=False,
            text=True,
            errors="replace",
            cwd=command.console.parent,
            env=environment(),
            user=None if account is None else account.user,
            group=None if account is None else account.group,
            extra_groups=None if account is None else account.groups,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_ANSWER} s", ""
    except OSError as error:
        return error.strerror or str(error), ""
    return f"it ends with {done.returncode}" if done.returncode else "", done.stdout.strip()
