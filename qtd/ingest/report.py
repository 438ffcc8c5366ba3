"""What the endpoint tells while it runs: ready, signs of life, a status line, and a summary each minute."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from qtd.clock import Clock
from qtd.ingest.counters import Counters
from qtd.log.events.ingest import IngestSummary
from qtd.log.logger import Logger
from qtd.systemd.notifier import Notifier
from qtd.systemd.watchdog import Watchdog

#: Seconds between two status lines.
STATUS_SECONDS: Final = 5.0
#: Seconds between two summaries.
SUMMARY_SECONDS: Final = 60.0
#: Seconds that an end takes at most: requests that come in, then the broker; see http_server.DRAIN_SECONDS.
STOP_SECONDS: Final = 50.0


class IngestReport:
    """A pulse (`qtd.ingest.pulse.Pulse`) that the service manager and the log hear of."""

    def __init__(self, *, notifier: Notifier, clock: Clock, logger: Logger) -> None:
        self._notifier = notifier
        self._watchdog = Watchdog(notifier, clock)
        self._clock = clock
        self._logger = logger
        self._ready = False
        self._stopping = False
        self._status_at = self._summary_at = clock.monotonic()
        self._at_status = Counters()
        self._at_summary = Counters()

    def beat(self, counters: Counters) -> None:
        """See `Pulse.beat`; the first one says that the endpoint is ready."""
        self._watchdog.feed()
        now = self._clock.monotonic()
        if not self._ready:
            self._ready = True
            self._notifier.ready("ready")
        elif now >= self._status_at + STATUS_SECONDS and not self._stopping:
            self._notifier.status(self._line(counters, now))
            self._status_at, self._at_status = now, replace(counters)
        if now >= self._summary_at + SUMMARY_SECONDS:
            self._summarise(counters, now)

    def stopping(self) -> None:
        """See `Pulse.stopping`."""
        self._stopping = True
        self._notifier.stopping("answering what was received", seconds=STOP_SECONDS)

    def _line(self, counters: Counters, now: float) -> str:
        """`4,310/s accepted; since the start 1,204,311 accepted, 0 refused, 3 bad`."""
        rate = (counters.accepted - self._at_status.accepted) / (now - self._status_at)
        return (
            f"{rate:,.0f}/s accepted; since the start {counters.accepted:,} accepted, "
            f"{counters.refused:,} refused, {counters.bad:,} bad"
            + (f", {counters.spooled:,} went over the spool" if counters.spooled else "")
        )

    def _summarise(self, counters: Counters, now: float) -> None:
        before, seconds = self._at_summary, now - self._summary_at
        self._at_summary, self._summary_at = replace(counters), now
        if counters == before:
            return
        self._logger.emit(
            IngestSummary(
                accepted=counters.accepted - before.accepted,
                refused=counters.refused - before.refused,
                spooled=counters.spooled - before.spooled,
                bad=counters.bad - before.bad,
                per_second=round((counters.accepted - before.accepted) / seconds, 1),
            )
        )
