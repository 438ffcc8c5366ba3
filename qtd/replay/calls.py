"""Calls of a fitting size: outcomes are put together for them, and told what came of their requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from qtd.replay.matomo import CallTimedOut, Matomo
from qtd.replay.outcome import Outcome

#: Cause of requests that Matomo counts as invalid; it does not tell more.
REFUSED: Final = "Matomo refuses it: there is no such site, or a parameter is not allowed"


class Calls:
    """Makes calls to one Matomo, smaller ones when there is no answer in time."""

    def __init__(self, matomo: Matomo, *, max_requests: int) -> None:
        """`max_requests` are the most in one call; one entry's requests stay together, however many."""
        self._matomo = matomo
        self._max = self._size = max_requests
        #: calls with requests in them that succeeded
        self.successes = 0

    def split(self, outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
        """What is to go in one call, in order."""
        part: list[Outcome] = []
        requests = 0
        for outcome in outcomes:
            if part and requests + len(outcome.unsent) > self._size:
                yield part
                part, requests = [], 0
            part.append(outcome)
            requests += len(outcome.unsent)
        if part:
            yield part

    def send(self, part: Sequence[Outcome]) -> None:
        """Send what is unsent, if anything is. Raises as `Matomo.send`; nothing is changed then."""
        requests = sum(len(outcome.unsent) for outcome in part)
        if not requests:
            return
        try:
            send_call(self._matomo, part)
        except CallTimedOut:
            self._size = max(1, min(self._size, requests) // 2)
            raise
        self.successes += 1
        self._size = min(self._max, self._size * 2)


def send_call(matomo: Matomo, part: Sequence[Outcome]) -> None:
    """Send what is unsent in one call. Raises as `Matomo.send`; nothing is changed then."""
    places = [(outcome, index) for outcome in part for index in outcome.unsent]
    answer = matomo.send([outcome.unsent[index] for outcome, index in places])
    for number, (outcome, index) in enumerate(places):
        del outcome.unsent[index]
        if number in answer.invalid:
            outcome.dead[index] = REFUSED
        else:
            outcome.recorded.append(index)
