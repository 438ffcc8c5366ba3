"""The supervisor's loop: look at the queues, decide how many workers there are to be, see to it, tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from threading import Event
from typing import Final

from qtd.clock import Clock
from qtd.config.root import Config
from qtd.errors import ConfigurationError, Transient
from qtd.log.events.process import ConfigurationRead, ConfigurationRefused
from qtd.log.events.queues import QueuesRenumbered
from qtd.log.events.supervisor import (
    QueueBlocked,
    RestartNeeded,
    SupervisorStarted,
    SupervisorStopped,
    WorkersWanted,
)
from qtd.log.logger import Logger
from qtd.log.redact import redact_text
from qtd.queue.contract import Queues
from qtd.supervisor.demand import Demand, observe
from qtd.supervisor.outage import PacedOutage
from qtd.supervisor.reconcile import Reconciliation
from qtd.supervisor.reload import compare
from qtd.supervisor.runtime import Phase, Runtime, WorkerState
from qtd.supervisor.scaling import Bounds, Scaling
from qtd.supervisor.stalls import Stalls
from qtd.systemd.notifier import Notifier
from qtd.systemd.watchdog import Watchdog
from qtd.worker.servers import Server, broker_of

#: Seconds between two looks.
INTERVAL_SECONDS: Final = 1.0


class Supervisor:
    """Looks after the workers of this machine; others do so on theirs, and the queues' locks keep them apart."""

    def __init__(
        self,
        config: Config,
        *,
        queues: Queues,
        runtime: Runtime,
        database_answers: Callable[[], None],
        read_config: Callable[[], Config],
        apply_log: Callable[[Config], None],
        notifier: Notifier,
        clock: Clock,
        logger: Logger,
        random: Random,
    ) -> None:
        """`database_answers` raises Transient where the database is away, `read_config` ConfigurationError."""
        self._config = config
        self._queues = queues
        self._runtime = runtime
        self._database_answers = database_answers
        self._read_config = read_config
        self._apply_log = apply_log
        self._notifier = notifier
        self._watchdog = Watchdog(notifier, clock)
        self._clock = clock
        self._logger = logger
        self._broker = PacedOutage(broker_of(config), clock=clock, logger=logger, random=random)
        manager = Server(name="service manager", address=runtime.name)
        self._manager = PacedOutage(manager, clock=clock, logger=logger, random=random)
        self._reconciliation = Reconciliation(runtime, clock=clock, logger=logger, random=random)
        self._stalls = Stalls(config.workers.stuck_seconds)
        self._bounds = Bounds.of(config)
        self._scaling: Scaling | None = None
        self._reload = False

    def ask_reload(self) -> None:
        """Have the configuration read again, soon; from any thread."""
        self._reload = True

    def run(self, stop: Event, wake: Event) -> None:
        """Supervise until `stop` is set; `wake` ends the pause between two looks."""
        bounds = self._bounds
        workers = str(bounds.most) if bounds.least == bounds.most else f"{bounds.least} to {bounds.most}"
        self._logger.emit(
            SupervisorStarted(runtime=self._runtime.name, queues=self._queues.count, workers=workers)
        )
        self._notifier.ready("ready")
        while not stop.is_set():
            self.look()
            self._clock.wait(INTERVAL_SECONDS, wake)
            wake.clear()
        self._runtime.close()
        self._logger.emit(SupervisorStopped(runtime=self._runtime.name))

    def look(self) -> None:
        """Look at everything once and do what is to be done."""
        self._watchdog.feed()
        if self._reload:
            self._reload = False
            self._read_again()
        demand = self._observed()
        workers: Mapping[int, WorkerState] = {}
        if not self._manager.pausing:
            try:
                workers = self._supervise(demand)
                self._manager.over()
            except Transient as error:
                self._manager.failed(error)
        self._notifier.status(self._line(demand, workers))

    def _observed(self) -> Demand | None:
        if self._broker.pausing:
            return None
        try:
            self._follow()
            demand = observe(self._queues, self._clock.now())
        except Transient as error:
            self._broker.failed(error)
            self._stalls.forgive()
            return None
        self._broker.over()
        return demand

    def _follow(self) -> None:
        """Go by the number of queues in force; what does not move while it is changed is nobody's fault."""
        numbering = self._queues.numbering()
        if numbering is None:
            return
        if numbering.count and numbering.count != self._queues.count:
            before, self._queues = self._queues.count, self._queues.with_count(numbering.count)
            self._logger.emit(QueuesRenumbered(queues=numbering.count, before=before))
        if numbering.target is not None:
            self._stalls.forgive()

    def _supervise(self, demand: Demand | None) -> Mapping[int, WorkerState]:
        now = self._clock.monotonic()
        if self._scaling is None:
            # Begin with those that run: a supervisor that starts anew in a peak is no reason to end workers.
            found = len(self._runtime.workers())
            self._scaling = Scaling(self._bounds, wanted=found, now=now)
        # While the database is away everything lags, and more workers would only wait with the others.
        if demand is not None and (not self._scaling.lags(demand) or self._database_is_there()):
            self._change(self._scaling, lambda scaling: scaling.decide(demand, now))
        workers = self._reconciliation.step(self._scaling.wanted)
        if demand is not None:
            self._unblock(demand, workers, now)
        return workers

    def _change(self, scaling: Scaling, how: Callable[[Scaling], str | None]) -> None:
        before = scaling.wanted
        if (reason := how(scaling)) is not None:
            self._logger.emit(WorkersWanted(wanted=scaling.wanted, before=before, reason=reason))

    def _unblock(self, demand: Demand, workers: Mapping[int, WorkerState], now: float) -> None:
        running = {number for number, state in workers.items() if state.phase is Phase.RUNNING}
        restarted: set[int] = set()
        for stall in self._stalls.find(demand, now, share=self._config.worker_count, running=running):
            if stall.worker is None:
                self._logger.emit(QueueBlocked(queue=stall.queue, seconds=round(stall.seconds, 1)))
            elif stall.worker not in restarted and self._database_is_there():
                restarted.add(stall.worker)
                reason = f"queue {stall.queue} has not moved for {stall.seconds:.0f} s"
                self._reconciliation.restart(stall.worker, reason)

    def _database_is_there(self) -> bool:
        """Without it no worker gets on, and none is to blame; they say themselves what they wait for."""
        try:
            self._database_answers()
        except Transient:
            self._stalls.forgive()
            return False
        return True

    def _read_again(self) -> None:
        self._notifier.reloading(self._clock.monotonic())
        try:
            new = self._read_config()
        except ConfigurationError as error:
            for problem in error.problems or (str(error),):
                self._logger.emit(ConfigurationRefused(problem=problem))
            self._notifier.ready("reload refused: the configuration has mistakes, the old one stays in force")
            return
        self._apply(new)
        self._notifier.ready("reloaded")

    def _apply(self, new: Config) -> None:
        change = compare(self._config, new)
        if change.everybody:
            keys = ", ".join(change.everybody)
            self._logger.emit(RestartNeeded(keys=keys, command="systemctl restart qtd.target"))
            return
        self._config, self._bounds = new, Bounds.of(new)
        self._apply_log(new)
        self._logger.emit(ConfigurationRead(source=str(new.source or "built-in defaults")))
        self._stalls = Stalls(new.workers.stuck_seconds)
        if self._scaling is not None:
            self._change(self._scaling, lambda scaling: scaling.rebound(self._bounds))
        if change.ingest:
            keys = ", ".join(change.ingest)
            self._logger.emit(RestartNeeded(keys=keys, command="systemctl restart qtd-ingest.service"))
        if change.workers:
            try:
                self._reconciliation.restart_all(
                    f"the configuration was changed: {', '.join(change.workers)}"
                )
            except Transient as error:
                self._manager.failed(error)

    def _line(self, demand: Demand | None, workers: Mapping[int, WorkerState]) -> str:
        """`4 of 4 workers run; 1,204 waiting, lag 3 s in queue 2`."""
        if self._manager.cause is not None:
            return redact_text(f"trying again: {self._manager.cause}")
        wanted = self._scaling.wanted if self._scaling else 0
        running = sum(state.phase is Phase.RUNNING for state in workers.values())
        first = f"{running} of {wanted} workers run"
        if demand is None:
            return redact_text(f"{first}; trying again: {self._broker.cause}")
        if not demand.waiting:
            return f"{first}; nothing waits"
        latest = demand.latest
        lag = "unknown" if latest.lag_unknown else f"{latest.lag:,.0f} s"
        return f"{first}; {demand.waiting:,} waiting, lag {lag} in queue {latest.queue}"
