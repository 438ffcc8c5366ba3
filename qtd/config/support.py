"""What the configuration can say already but this version can not do yet: refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qtd.config.root import Config


def unsupported(config: Config) -> Iterator[str]:
    """Yield a problem for each value that is valid but not implemented by this version."""
    if config.engine != "native":
        yield f"engine: {config.engine!r}: not supported yet by this version; native is"
