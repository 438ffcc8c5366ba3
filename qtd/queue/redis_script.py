"""Lua scripts, run by their digest; the text is sent only to a server that does not know it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError

from qtd.queue.redis_servers import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtd.queue.redis_servers import Servers


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A file below `scripts/`; its header tells its keys and arguments."""

    text: str
    #: By which a server remembers it, until SCRIPT FLUSH, a restart or a failover.
    digest: str

    @property
    def body(self) -> str:
        """The text without its comments: what is sent where it is sent each time."""
        return "\n".join(line for line in self.text.splitlines() if not line.startswith("--"))

    @classmethod
    def named(cls, name: str) -> Script:
        """Load `scripts/<name>`."""
        text = files("qtd.queue").joinpath("scripts", name).read_text(encoding="ascii")
        return cls(text=text, digest=sha1(text.encode(), usedforsecurity=False).hexdigest())

    def run(self, servers: Servers, keys: Sequence[str], *arguments: str | bytes | int) -> Any:
        """Return the script's answer from the server that has the first key."""
        rest = (len(keys), *keys, *arguments)
        try:
            [answer] = servers.run([Command(keys[0], ("EVALSHA", self.digest, *rest))])
        except NoScriptError:
            [answer] = servers.run([Command(keys[0], ("EVAL", self.text, *rest))])
        return answer
