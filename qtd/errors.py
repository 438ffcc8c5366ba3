"""Errors are decisions: each class says what its catcher does, and its docstring is the default message.

Foreign errors (redis, SQLAlchemy, sockets) become one of these at the adapter that met them and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence


class QtdError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])


class Transient(QtdError):
    """The outside failed for now: abandon the whole step, back off, do it again. Never a dead letter."""


class BrokerUnavailable(Transient):
    """The queue's broker does not answer, or does not accept writes."""


class SpoolUnavailable(Transient):
    """The spool takes nothing more: it is full, or its disk fails."""


class DatabaseUnavailable(Transient):
    """The database does not answer, or the connection was lost."""


class DatabaseConflict(Transient):
    """The database gave up a transaction in favour of another one (deadlock or lock wait timeout)."""


class MatomoUnavailable(Transient):
    """The Matomo that is to record does not answer, or does not record at present."""


class MatomoRefuses(MatomoUnavailable):
    """The Matomo that is to record answers, but does not take what we send: somebody has to change something."""


class BatchRejected(Transient):
    """A batch fails for a reason of its own: do it again after a pause; other queues may go on."""


class DatabaseRefused(QtdError):
    """The database refuses a statement or its values: repeating changes nothing, isolate what caused it."""


class ServiceManagerUnavailable(Transient):
    """The service manager does not answer, or refuses what was asked."""


class LockLost(Transient):
    """The queue's lock is no longer ours: neither commit nor trim, start over."""


class QueueChanged(Transient):
    """The queue does not begin with what was read from it: nothing was removed, read again."""


class QueuesRenumbered(Transient):
    """Another number of queues is in force: find the entries' queues anew, and push them again."""

    def __init__(self, count: int | None, entries: Sequence[tuple[int, bytes]]) -> None:
        super().__init__(f"another number of queues is in force: {count}")
        #: the number in force; None: nobody has said; 0: it is just being changed
        self.count = count
        #: `(queue, stored bytes)` that were not pushed, in their order
        self.entries = entries


class NotAllPushed(BrokerUnavailable):
    """Some entries were not taken, the others were."""

    def __init__(self, message: str, entries: Sequence[tuple[int, bytes]]) -> None:
        super().__init__(message)
        #: `(queue, stored bytes)` that were not taken, in their order
        self.entries = entries


class QueuesBusy(Transient):
    """Somebody else is changing the number of queues, or does not let go of a queue: wait for him."""


class EntryError(QtdError):
    """This one entry can not be decoded or applied: it becomes a dead letter, the others go on."""


class UndecodableEntry(EntryError):
    """The stored bytes are not a request set."""


class ConfigurationError(QtdError):
    """The configuration is not valid: end with exit code 2.

    `problems` holds one line per mistake: the key's path, the value (never a secret) and what is allowed.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems) or None)
        self.problems = problems


class SchemaError(QtdError):
    """The database's tables are not what tracking needs: end with exit code 2."""
