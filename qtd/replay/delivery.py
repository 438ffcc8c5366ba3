"""Delivers a batch in order, and finds the entries that Matomo fails over.

Matomo answers with a server's error when it is in trouble, and also when one request trips a bug in it, in one of its
plugins, or in what guards the server; nothing tells the two apart but what becomes of other requests. So a batch that
is rejected twice is halved until single entries are rejected alone. When Matomo takes others after that they are tried
once more, and then given up. Where it takes none it is an outage, and nobody is given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Final, NoReturn

from qtd.clock import Clock
from qtd.errors import BatchRejected
from qtd.replay.calls import Calls
from qtd.replay.matomo import CallRejected, CallTooLarge, Matomo
from qtd.replay.outcome import Outcome

#: Entries that may be rejected alone in the first search, before it is taken for an outage; twice as many each time.
_FEW: Final = 4
_MANY: Final = 64

#: A search ends after so many seconds: the watchdog hears nothing meanwhile.
_SEARCH_SECONDS: Final = 30.0


class Delivery:
    """Delivers to one Matomo; for one thread."""

    def __init__(self, matomo: Matomo, *, max_requests: int, clock: Clock) -> None:
        """`max_requests`: see `Calls`."""
        self._calls = Calls(matomo, max_requests=max_requests)
        self._clock = clock
        #: queue -> how often in a row a batch of it was rejected
        self._rejections: dict[int, int] = {}
        #: digest of an entry that was rejected alone -> successful calls before that
        self._before: dict[bytes, int] = {}

    def deliver(
        self, queue: int, outcomes: Sequence[Outcome], *, overtaken: Container[bytes] = ()
    ) -> Iterator[list[Outcome]]:
        """Send what is unsent, call by call; give after each call the outcomes that have nothing unsent any more.

        `overtaken` are the digests of those behind which others were delivered already.

        Raises:
            BatchRejected: Matomo fails over those that were not given; call again with them.
            MatomoUnavailable: the same, but it concerns everybody.
        """
        waiting = deque(self._calls.split(outcomes))
        suspects: list[Outcome] = []
        most = min(_MANY, _FEW << min(self._rejections.get(queue, 0), 8))
        end, before = self._clock.monotonic() + _SEARCH_SECONDS, self._calls.successes
        rejection: CallRejected | None = None
        while waiting:
            part = waiting.popleft()
            error = self._attempt(part)
            if error is None:
                yield part
            elif isinstance(error, CallTooLarge) and len(part) == 1:  # which nothing will change
                part[0].refuse(f"Matomo: {error}")
                yield part
            else:
                self._search(queue, error)
                rejection = error
                if len(part) > 1:
                    middle = len(part) // 2
                    waiting.extendleft((part[middle:], part[:middle]))
                    continue
                self._before.setdefault(part[0].entry.digest, before)
                suspects += part
            decided = [outcome for outcome in suspects if self._is_proven(outcome, overtaken)]
            for outcome in decided:
                yield self._decide(outcome)
            suspects = [outcome for outcome in suspects if outcome not in decided]
            if rejection and (len(suspects) >= most or self._clock.monotonic() > end):
                self._reject(queue, rejection)
        if rejection and suspects:
            self._reject(queue, rejection)
        self._rejections.pop(queue, None)

    def _attempt(self, part: Sequence[Outcome]) -> CallRejected | None:
        try:
            self._calls.send(part)
        except CallRejected as error:
            return error
        return None

    def _is_proven(self, outcome: Outcome, overtaken: Container[bytes]) -> bool:
        """Whether Matomo took others when, or after, it rejected this one alone."""
        digest = outcome.entry.digest
        return digest in overtaken or self._calls.successes > self._before[digest]

    def _decide(self, outcome: Outcome) -> list[Outcome]:
        """Try once more, then give up."""
        if error := self._attempt([outcome]):
            outcome.refuse(f"Matomo fails over it alone: {error}")
        self._before.pop(outcome.entry.digest, None)
        return [outcome]

    def _search(self, queue: int, error: CallRejected) -> None:
        """Search only if it happens again: most troubles pass. What is too large never does."""
        if queue not in self._rejections and not isinstance(error, CallTooLarge):
            self._reject(queue, error)

    def _reject(self, queue: int, error: CallRejected) -> NoReturn:
        self._rejections[queue] = self._rejections.get(queue, 0) + 1
        raise BatchRejected(f"Matomo rejects the batch: {error}") from error
