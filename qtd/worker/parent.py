"""Processes that do not outlive their parent, however it ends (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import MutableMapping
from typing import Final

#: The variable by which a process learns that it ends with the one of this number.
PARENT: Final = "QTD_ENDS_WITH_PROCESS"

#: prctl(2).
_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(environ: MutableMapping[str, str] = os.environ) -> None:
    """Have the kernel send SIGTERM to this process when its parent dies, where it was started so.

    The variable is taken out of `environ`: it is for this process and not for those it starts.
    """
    parent = environ.pop(PARENT, None)
    if parent is None:
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if str(os.getppid()) != parent:  # it died before the kernel was told
        os.kill(os.getpid(), signal.SIGTERM)
