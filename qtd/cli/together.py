"""Endpoint and workers as one process group: what `qtd serve --with-worker` runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Event

from qtd.cli.setup import EXIT_USAGE
from qtd.clock import Clock
from qtd.config.root import Config
from qtd.log.logger import Logger
from qtd.worker.backoff import Backoff
from qtd.worker.children import ChildCommand, Children


def serve_together(
    config: Config, config_path: Path | None, stop: Event, *, clock: Clock, logger: Logger
) -> int:
    """Run them until `stop` is set, or until the endpoint can not live; return the exit code."""
    codes: list[int] = []

    def gone(code: int) -> None:
        codes.append(code)
        stop.set()

    children = Children(
        list(commands(config, config_path)),
        backoff=lambda: Backoff(least=1.0, most=30.0, random=Random()),
        gone=gone,
        clock=clock,
        logger=logger,
    )
    children.start()
    try:
        stop.wait()
        children.stop()
    except SystemExit:  # Ctrl-C for the second time
        children.kill()
        raise
    return codes[0] if codes else 0


def commands(config: Config, config_path: Path | None) -> Iterator[ChildCommand]:
    """The endpoint, which has to end first, and the workers.

    A worker is replaced whatever it ends with: hits are being accepted, and a new one reads configuration and
    password files as they are then.
    """
    qtd = [sys.executable, "-m", "qtd"]
    options = [] if config_path is None else ["--config", str(config_path)]
    yield ChildCommand(name="serve", words=[*qtd, "serve", *options], final=frozenset([EXIT_USAGE]))
    for number in range(1, config.worker_count + 1):
        words = [*qtd, "worker", str(number), *options]
        yield ChildCommand(name=f"worker {number}", words=words, stage=1)
