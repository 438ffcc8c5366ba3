"""The catalogue of events: their names and fields are an interface, kept like one.

Fields named in `qtd.log.redact.OWN_SERVERS` hold addresses of our own servers and are shown in full. No event
has a field for a visitor's address, a token, a password or a request's parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from logging import DEBUG, ERROR, WARNING
from typing import ClassVar

from qtd.log.event import Event

# The process


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationRead(Event):
    """The configuration is valid and in use."""

    #: path of the file, or `built-in defaults`
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationRefused(Event):
    """The configuration has a mistake; one event for each."""

    level: ClassVar[int] = ERROR
    #: the key's path, the value and what is allowed
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting(Event):
    """Something outside is not there yet; tried again after a pause."""

    level: ClassVar[int] = WARNING
    #: `redis`, `database`
    waits_for: str
    #: its address
    server: str
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached(Event):
    """What was waited for is there."""

    waits_for: str
    server: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stopping(Event):
    """Asked to end; what has begun is finished first."""

    #: `SIGTERM`, `SIGINT`, or why
    reason: str


# Accepting


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestStarted(Event):
    """The endpoint takes requests."""

    #: `host:port` or the socket's path
    listen: str
    processes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestStopped(Event):
    """The endpoint has answered what it accepted and is gone."""

    accepted: int
    refused: int


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestSummary(Event):
    """What the endpoint did since its last summary, about a minute ago; none is made of a minute without requests."""

    accepted: int
    refused: int
    #: of the accepted
    spooled: int
    bad: int
    #: accepted requests a second, on average
    per_second: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessStuck(Event):
    """The loop of one of several processes does not turn any more: it is killed, another takes its place."""

    level: ClassVar[int] = ERROR
    pid: int
    #: since its last sign of life
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessDied(Event):
    """One of several processes ended by itself; another takes its place."""

    level: ClassVar[int] = ERROR
    pid: int
    #: exit code, or the signal's number, negative
    status: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PushFailed(Event):
    """Neither the queue's broker nor the spool took entries: their clients were told 503."""

    level: ClassVar[int] = ERROR
    entries: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PushRecovered(Event):
    """The broker takes entries again."""

    seconds: float
    #: requests answered with 503 meanwhile
    refused: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Spooling(Event):
    """The broker does not take entries: they go to the spool, and their clients are told success."""

    level: ClassVar[int] = WARNING
    #: in the spool now
    entries: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolFound(Event):
    """The spool has entries from before the start; they are pushed first."""

    entries: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolDraining(Event):
    """The broker takes entries again: those in the spool are being pushed, new ones go behind them."""

    entries: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolDrained(Event):
    """The spool is empty; entries go to the broker as ever."""

    #: pushed since the broker takes them again
    entries: int
    #: since the oldest of them came
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolTorn(Event):
    """A segment ended in what is no entry: cut off, if it is the rest of a write that nobody was told success of."""

    level: ClassVar[int] = ERROR
    #: file name; in the spool's folder
    segment: str
    #: that are not used
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolBroken(Event):
    """The spool can not be opened, or not be drained because of its own disk: without it, requests get a 503."""

    level: ClassVar[int] = ERROR
    directory: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestFailed(Event):
    """Our own mistake while answering a request: it was answered with 500. A bug."""

    level: ClassVar[int] = ERROR
    method: str
    cause: str


# Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStarted(Event):
    """A worker begins to look after queues."""

    worker: int
    #: `0, 4, 8`
    queues: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerStopped(Event):
    """A worker has finished its batch and is gone."""

    worker: int
    batches: int
    requests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchApplied(Event):
    """A batch is in the database and off the queue."""

    level: ClassVar[int] = DEBUG
    queue: int
    entries: int
    requests: int
    recorded: int
    excluded: int
    #: how many of the excluded each rule kept out: `bot 3, prefetch 1`
    rules: str
    dead: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSummary(Event):
    """What a worker did since its last summary, about a minute ago; none is made of a minute without work."""

    #: those it worked on: `0, 4, 8`
    queues: str
    batches: int
    requests: int
    recorded: int
    excluded: int
    dead: int
    #: requests a second, on average
    per_second: float
    #: entries in all queues
    waiting: int
    #: age of the oldest entry in the queues it worked on; unknown: nothing waits there
    lag_seconds: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRetried(Event):
    """The outside failed in the middle of a batch: nothing of it was kept, it is done again."""

    level: ClassVar[int] = WARNING
    queue: int
    attempt: int
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryDead(Event):
    """An entry can not be applied: it was put to the dead letters, the others go on."""

    level: ClassVar[int] = ERROR
    queue: int
    #: the entry's identity
    entry: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLettersExpiring(Event):
    """Dead letters come near the bounds of age or number: in an hour at the earliest they are dropped."""

    level: ClassVar[int] = WARNING
    #: how many do so that did not before
    letters: int
    #: how many there are altogether
    kept: int
    #: the bounds
    most_kept: int
    most_days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLettersDropped(Event):
    """Dead letters beyond the bounds of age or number, announced before, were given up for good."""

    level: ClassVar[int] = WARNING
    letters: int
    requests: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLockLost(Event):
    """The queue's lock ran out before the batch did: the batch is abandoned."""

    level: ClassVar[int] = WARNING
    queue: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueDropped(Event):
    """Somebody gave up what waited in a queue."""

    level: ClassVar[int] = WARNING
    queue: int
    entries: int
    requests: int


# The number of queues


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesRenumbered(Event):
    """This process goes by another number of queues from now on, because that is in force."""

    queues: int
    before: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesResizing(Event):
    """The number of queues is being changed: nobody records until what waits has moved."""

    #: that there are to be
    queues: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesNotResized(Event):
    """The number of queues is not the configured one, and could not be changed: the present one stays in force."""

    level: ClassVar[int] = WARNING
    #: as configured
    queues: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuesResized(Event):
    """The number of queues was changed, and what waited is in the queues where it belongs."""

    queues: int
    #: that were looked at
    entries: int
    #: of those, that are in another queue now
    moved: int
    seconds: float


# Supervising


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisorStarted(Event):
    """The supervisor looks after the workers of this machine."""

    #: `systemd`, `children`
    runtime: str
    queues: int
    #: `4`, or `1 to 4`
    workers: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SupervisorStopped(Event):
    """The supervisor is gone."""

    #: `systemd`, `children`: with the first, workers live on
    runtime: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkersWanted(Event):
    """Another number of workers is wanted."""

    wanted: int
    before: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToStart(Event):
    """A wanted worker does not run: it is started."""

    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToStop(Event):
    """A worker runs that is not wanted: it finishes its batch and ends."""

    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerAskedToRestart(Event):
    """A worker is to begin anew."""

    level: ClassVar[int] = WARNING
    worker: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerFailed(Event):
    """A worker ended by itself; it is started again after a pause."""

    level: ClassVar[int] = ERROR
    worker: int
    cause: str
    pause_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueBlocked(Event):
    """A lock that never expires holds a queue whose entries wait: whoever set it has to give it back."""

    level: ClassVar[int] = ERROR
    queue: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RestartNeeded(Event):
    """A reload brought changes that only a restart applies; until then the old values stay in force."""

    level: ClassVar[int] = WARNING
    #: `redis, queue`
    keys: str
    #: what to restart: `systemctl restart qtd.target`
    command: str


# The plugin's command (engine console)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleOutput(Event):
    """The plugin's command printed a line."""

    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleChatter(Event):
    """It printed a line that it prints each time, or one for those who look for mistakes in it."""

    level: ClassVar[int] = DEBUG
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleWarning(Event):
    """It printed a warning, or something on standard error."""

    level: ClassVar[int] = WARNING
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleError(Event):
    """It printed that something failed."""

    level: ClassVar[int] = ERROR
    queue: int
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleFinished(Event):
    """A run of the plugin's command has ended, as it should or because we were asked to end."""

    level: ClassVar[int] = DEBUG
    queue: int
    #: exit code, or the signal's number, negative
    status: int
    #: that it says it recorded
    requests: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsoleFailed(Event):
    """A run of the plugin's command failed, or did nothing; it is run again after a pause."""

    level: ClassVar[int] = ERROR
    queue: int
    #: exit code, or the signal's number, negative
    status: int
    cause: str
    seconds: float
    pause_seconds: float


# The database


@dataclass(frozen=True, kw_only=True, slots=True)
class TablesCreated(Event):
    """Tables that were missing have been created."""

    #: how many
    tables: int
    server: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MatomoRead(Event):
    """Configuration, lists and patterns are those of a Matomo on this machine."""

    #: its folder
    path: str
    #: `unknown` where its code does not say
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsIgnored(Event):
    """Plugins that are active in Matomo record something that the rows will lack, as the configuration allows."""

    level: ClassVar[int] = WARNING
    #: `Bandwidth, Provider`
    plugins: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsInactive(Event):
    """Plugins that record are not active in Matomo; the rows will be as if they were."""

    level: ClassVar[int] = WARNING
    #: `Contents, Events`
    plugins: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsKept(Event):
    """Matomo's settings could not be read again: the old ones stay in force."""

    level: ClassVar[int] = WARNING
    cause: str


# Other people's code


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryMessage(Event):
    """A library logged something through Python's logging; the record's own level applies."""

    logger: str
    message: str
