"""Several processes that do the same: started, replaced when one dies, ended together."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from threading import Event
from types import FrameType
from typing import Final

from qtd.clock import Clock
from qtd.log import Logger
from qtd.log.events import ProcessDied, Stopping

RESTART_PAUSE_SECONDS: Final = 1.0
"""A process that died is replaced after this pause: one that can not live must not take the machine."""


def run_processes(count: int, run: Callable[[], None], *, clock: Clock, log: Logger) -> None:
    """Run `run` in `count` forked processes until SIGTERM or SIGINT, then end them and return.

    To be called in the main thread, before any other thread is started.
    """
    children: set[int] = set()
    ending = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        if not ending.is_set():
            log.emit(Stopping(reason=signal.Signals(number).name))
        ending.set()
        for child in children:
            os.kill(child, signal.SIGTERM)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for _ in range(count):
            children.add(_fork(run))
        if ending.is_set():  # asked while we were forking: the last one may not have heard
            end(signal.SIGTERM, None)
        while children:
            child, status = os.wait()
            children.discard(child)
            if not ending.is_set():
                log.emit(ProcessDied(pid=child, status=os.waitstatus_to_exitcode(status)))
                clock.wait(RESTART_PAUSE_SECONDS, ending)
            if not ending.is_set():
                children.add(_fork(run))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fork(run: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # The terminal's interrupt reaches every process; the parent passes it on in its own way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        run()
        code = 0
    except BaseException:  # noqa: BLE001 - the last place where it can be told
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
