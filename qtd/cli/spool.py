"""The spool as the endpoint opens it."""

from __future__ import annotations

import os
from contextlib import suppress
from random import Random
from typing import Final

from qtd.clock import Clock
from qtd.config.root import Config
from qtd.errors import ConfigurationError
from qtd.ingest.spool.spool import Spool
from qtd.ingest.spool.state import look
from qtd.log.events.spool import SpoolBroken
from qtd.log.logger import Logger
from qtd.queue.following import FollowingQueues
from qtd.worker.backoff import Backoff

#: Pauses between two attempts to reach the broker, in seconds.
LEAST_PAUSE: Final = 0.1
MOST_PAUSE: Final = 2.0


def check_spool(config: Config, logger: Logger) -> None:
    """Say so, before anything is accepted, where there is no spool though nobody turned it off.

    Raises:
        ConfigurationError: `spool.enabled` is true, and its folder can not be used.
    """
    directory = config.spool_directory
    if directory is None:
        _forgotten(config, logger)
        if config.spool.enabled is None and config.queue.backend != "memory":
            wanted = config.spool.directory or config.state_directory / "spool"
            logger.emit(SpoolBroken(directory=str(wanted), cause="it can not be written to"))
        return
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if config.spool.enabled and not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError("it can not be written to")
    except OSError as error:
        if config.spool.enabled:
            cause = error.strerror or error
            raise ConfigurationError(f"spool.directory: {str(directory)!r}: {cause}") from error


def _forgotten(config: Config, logger: Logger) -> None:
    """Say so where the spool was turned off before it was empty."""
    directory = config.spool.directory or config.state_directory / "spool"
    with suppress(OSError):
        state = look(directory)
        if state is not None and state.entries:
            cause = f"it is turned off, but holds {state.entries} entries: turn it on to have them pushed"
            logger.emit(SpoolBroken(directory=str(directory), cause=cause))


def open_spool(config: Config, following: FollowingQueues, *, clock: Clock, logger: Logger) -> Spool | None:
    """Return this process' spool; None: there is to be none, or its disk fails, which is told.

    Without it qtd still accepts what the broker takes.
    """
    directory = config.spool_directory
    if directory is None:
        return None
    try:
        return Spool(
            directory,
            queues=config.queue.count,
            max_bytes=config.spool.max_bytes,
            push=following.push,
            numbers=following,
            pauses=Backoff(least=LEAST_PAUSE, most=MOST_PAUSE, random=Random()),
            deadline_seconds=config.spool.push_deadline_seconds,
            clock=clock,
            log=logger,
        )
    except OSError as error:
        logger.emit(SpoolBroken(directory=str(directory), cause=error.strerror or str(error)))
        return None
