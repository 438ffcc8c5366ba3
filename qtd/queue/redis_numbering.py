"""The number of queues in force, in Redis: one key, on a cluster one for each queue.

A script that pushes has to see the number, and on a cluster it sees only what lies in its list's slot. There the
servers are told one after the other, and nobody must push by the new number while somebody still can by the old
one: so all are told first that none is in force. That lasts two round trips; whoever pushes meanwhile tries again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtd.queue.contract import Numbering
from qtd.queue.redis_keys import number_key
from qtd.queue.redis_servers import Command

if TYPE_CHECKING:
    from qtd.queue.redis_servers import Servers


class RedisNumbering:
    """Reads and writes it; raises what `Servers.run` raises."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def key(self, queue: int) -> str:
        """Return the key to check before something is pushed to the queue."""
        return number_key() if self._servers.together else number_key(queue)

    def get(self) -> Numbering | None:
        """Return what is in force; None: nobody has said."""
        key = self.key(0)
        [value] = self._servers.run([Command(key, ("GET", key))])
        return None if value is None else Numbering.parse(value.decode())

    def adopt(self, numbering: Numbering, queues: int) -> Numbering:
        """Put it into force for so many queues unless there is one; return what is in force then."""
        self._set(numbering, range(1), "NX")
        found = self.get() or numbering
        self._set(found, range(1, queues), "NX")
        return found

    def put(self, numbering: Numbering, queues: int) -> None:
        """Put it into force for so many queues."""
        before = self.get()
        if not self._servers.together and (before is None or before.count != numbering.count):
            self._set(Numbering(count=0, target=numbering.target or numbering.count), range(queues))
        self._set(numbering, range(queues))

    def _set(self, numbering: Numbering, queues: range, *condition: str) -> None:
        keys = dict.fromkeys(self.key(queue) for queue in queues)
        commands = [Command(key, ("SET", key, str(numbering), *condition)) for key in keys]
        if commands:
            self._servers.run(commands, replicated=True)
