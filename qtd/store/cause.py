"""Why an entry was given up, in words that quote nothing of it."""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb
from typing import Final

#: Where our own code lies.
_PACKAGE: Final = Path(__file__).parents[1]


def cause_of(error: Exception) -> str:
    """Why an entry was given up.

    Errors that are not ours may quote it, so they are only named, with the line of ours that they come from.
    """
    name = type(error).__name__
    if type(error).__module__.startswith("qtd."):
        return f"{name}: {error}"
    frames = [(Path(frame.filename), frame.lineno) for frame in extract_tb(error.__traceback__)]
    ours = [(path, line) for path, line in frames if path.is_relative_to(_PACKAGE)]
    if not ours:
        return name
    path, line = ours[-1]
    return f"{name} at {path.relative_to(_PACKAGE.parent)}:{line}"
