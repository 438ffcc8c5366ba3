"""Folders and files of this machine: state, spool, log; judged as the user who asks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from qtd.config.root import Config
from qtd.doctor.amounts import about, several, size
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.waiting import RequestSize, typical_request
from qtd.errors import QtdError
from qtd.ingest.spool.state import look
from qtd.systemd.journal import SOCKET_PATH

#: Bytes that have to be free for the spool to be of any use: some minutes of requests.
_LITTLE: Final = 256 * 1024**2
_NOTHING: Final = 16 * 1024**2

_ROOT: Final = 0


def check_user(config: Config, *, user: int) -> Iterator[Check]:
    """Root may do anything, so files are not really judged where others run the services."""
    folder = _there(config.state_directory)
    owner = folder.stat().st_uid
    if user == _ROOT and owner != _ROOT:
        yield doubtful(
            "files.user",
            f"asked as root, but {folder} belongs to user {owner}: what that one may do was not tried",
            "run it as the user of the services: docs/operations.md has the command",
        )
    else:
        yield fine("files.user", f"asked as user {user}")


def check_state(config: Config) -> Iterator[Check]:
    """The folder for what must outlive a restart."""
    directory = config.state_directory.absolute()
    folder = _there(directory)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        yield wrong(
            "files.state",
            f"{folder} can not be written to",
            "let the user that qtd runs as write it, or name another one in state_directory",
            where=str(directory),
        )
    else:
        found = "can be written to" if folder == directory else "not there yet, can be made"
        yield fine("files.state", found, where=str(directory))


def check_spool(config: Config) -> Iterator[Check]:
    """Where requests go while the broker is away."""
    wanted = (config.spool.directory or config.state_directory / "spool").absolute()
    where = str(wanted)
    if config.spool.enabled is False or config.queue.backend == "memory":
        yield fine("files.spool", "off: while the broker is away, clients get 503", where=where)
        return
    folder = _there(wanted)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        judge = wrong if config.spool.enabled else doubtful
        yield judge(
            "files.spool",
            f"{folder} can not be written to: while the broker is away, clients get 503",
            "let the user that qtd runs as write it, or name another one in spool.directory",
            where=where,
        )
        return
    yield from _spool_waiting(wanted)
    yield _spool_space(config, wanted, folder, typical_request(config.queue.entry_form))


def _spool_waiting(wanted: Path) -> Iterator[Check]:
    try:
        state = look(wanted)
    except (OSError, QtdError) as error:
        yield doubtful(
            "files.spool_waiting",
            f"what waits in it can not be read: {error}",
            "ask as the user of the endpoint",
            where=str(wanted),
        )
        return
    if state is not None and state.entries:
        yield doubtful(
            "files.spool_waiting",
            f"{several(state.entries, 'entry waits', 'entries wait')} in it for the broker",
            "see that the broker is well and qtd serve runs: it pushes them by itself",
            where=str(wanted),
        )


def _spool_space(config: Config, wanted: Path, folder: Path, request: RequestSize) -> Check:
    free = shutil.disk_usage(folder).free
    held = sum(file.stat().st_size for file in wanted.glob("*.segment")) if wanted.is_dir() else 0
    most = max(config.spool.max_bytes - held, 0)
    room = min(free, most)
    found = f"{size(free)} free, spool.max_bytes is {size(config.spool.max_bytes)}: about {about(room / request.bytes)}"
    found += " requests fit"
    if room < _NOTHING:
        judge, advice = wrong, "make room on its disk, or raise spool.max_bytes"
    elif free < most or room < _LITTLE:
        judge, advice = doubtful, "make room on its disk, or lower spool.max_bytes to what there is"
    else:
        return fine("files.spool", found, where=str(wanted))
    return judge("files.spool", found, advice, where=str(wanted))


def check_log(config: Config, *, journal: Path = Path(SOCKET_PATH)) -> Iterator[Check]:
    """What is told, and where it goes."""
    goes = (
        "systemd's journal, where services log" if journal.exists() else "standard error; there is no journal"
    )
    found = f"level {config.log.level}, format {config.log.format}; {goes}"
    if config.log.level == "error":
        yield doubtful(
            "files.log",
            f"{found}: outages are warnings, and not seen",
            "set log.level to info, or to warning at least",
        )
    else:
        yield fine("files.log", found)


def _there(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
