"""Clients that send visitors' requests, as many as they are allowed to, and note what they were told."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from urllib.parse import urlencode

import orjson

from tests.faults.patience import PATIENCE
from tests.faults.requests import NumberedRequest, Visitor, browser
from tests.servers.process import ServerError

PATH = "/matomo.php"
#: Share of HTTP requests that are bulk requests, and the most tracking requests in one.
BULK = 0.15
BULK_MOST = 6


class Told(StrEnum):
    """What a client was told about a request."""

    #: success: has to be recorded, once
    ACCEPTED = "accepted"
    #: an error status: may be recorded, at most once
    REFUSED = "refused"
    #: the connection broke: likewise
    UNANSWERED = "unanswered"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """A request and what its client was told."""

    request: NumberedRequest
    told: Told
    #: header lines that came with it
    header: Mapping[str, str]


class Crowd:
    """A thread for each client, who sends a request when the one before was answered, so that orders are known."""

    def __init__(self, port: int, *, visitors: int, clients: int, random: Random, now: float) -> None:
        """The visitors are shared out among the clients."""
        self._port = port
        self.visitors = [
            Visitor(number, random=Random(random.getrandbits(64)), now=now) for number in range(visitors)
        ]
        self._threads = [
            threading.Thread(
                target=self._client,
                args=(self.visitors[number::clients], Random(random.getrandbits(64))),
                name=f"client {number}",
                daemon=True,
            )
            for number in range(clients)
        ]
        self._changed = threading.Condition()
        self._allowed = 0
        self._begun = 0
        self._over = False
        #: HTTP requests that were answered, or never will be
        self.attempts = 0
        #: answers that no client should ever get
        self.surprises: list[str] = []
        #: all tracking requests, each visitor's in order
        self.answered: list[Answered] = []

    @contextmanager
    def visiting(self) -> Iterator[None]:
        """Have the clients wait for permission for the duration."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()
            for thread in self._threads:
                thread.join(PATIENCE)

    def allow(self, attempts: int) -> None:
        """Permit so many HTTP requests more."""
        with self._changed:
            self._allowed += attempts
            self._changed.notify_all()

    def until(self, attempts: int) -> None:
        """Wait until so many HTTP requests are over; raises ServerError where that never comes."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.attempts >= attempts, PATIENCE):
                raise ServerError(
                    f"{self.attempts} of {attempts} requests were answered within {PATIENCE:g} s"
                )

    def finish(self) -> None:
        """Wait until all that was permitted is over."""
        self.until(self._allowed)

    def accepted(self) -> int:
        """How many tracking requests were answered with success."""
        return sum(one.told is Told.ACCEPTED for one in self.answered)

    def _client(self, visitors: Sequence[Visitor], random: Random) -> None:
        header = browser(random)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE / 2)
        while self._permitted():
            count = random.randint(2, BULK_MOST) if random.random() < BULK else 1
            requests = [random.choice(visitors).next() for _ in range(count)]
            try:
                told = _send(connection, requests, header)
            except ValueError as surprise:
                self.surprises.append(str(surprise))
                told = Told.REFUSED
            with self._changed:
                self.answered += [Answered(request=one, told=told, header=header) for one in requests]
                self.attempts += 1
                self._changed.notify_all()
                if told is not Told.ACCEPTED:
                    self._changed.wait(0.02)  # as a client with manners
        connection.close()

    def _permitted(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._begun < self._allowed)
            if self._over:
                return False
            self._begun += 1
            return True


def _send(
    connection: http.client.HTTPConnection, requests: Sequence[NumberedRequest], header: Mapping[str, str]
) -> Told:
    queries = [urlencode(request.params) for request in requests]
    try:
        if len(queries) > 1:
            body = orjson.dumps({"requests": [f"?{query}" for query in queries]})
            connection.request("POST", PATH, body, header)
        else:
            connection.request("GET", f"{PATH}?{queries[0]}", headers=header)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()  # the next request opens it anew
        return Told.UNANSWERED
    if answer.status >= 300:
        return Told.REFUSED
    if len(queries) > 1 and orjson.loads(text) != {
        "status": "success",
        "tracked": len(queries),
        "invalid": 0,
    }:
        raise ValueError(f"a bulk request of {len(queries)} was answered with {text!r}")
    return Told.ACCEPTED
