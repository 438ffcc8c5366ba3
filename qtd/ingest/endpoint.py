"""From a request to its answer: which path it asks for, what has to be durable first, and what is counted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import TypeVar

from qtd.errors import BrokerUnavailable, QtdError
from qtd.ingest import answer as answers
from qtd.ingest.answer import Answer, plain_text
from qtd.ingest.counters import Counters
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.push_batch import Done
from qtd.ingest.pushing import Entries
from qtd.ingest.tracking_api import Prepared, TrackingApi
from qtd.log import Logger
from qtd.log.events.ingest import RequestFailed
from qtd.wire.request_set import RequestSet

Reply = Callable[[Answer], None]
T = TypeVar("T")

NOT_FOUND = plain_text(404, "There is no such resource here. Tracking requests go to /matomo.php.")
NOT_ALLOWED = plain_text(405, "This method is not allowed.", (("allow", "GET, POST, HEAD, OPTIONS"),))
OUR_MISTAKE = plain_text(500, "This request was not tracked because of a mistake of ours.")
LIVE = plain_text(200, "live")

_TRACKER_PATHS = (b"/matomo.php", b"/piwik.php")
_FORBIDDEN_METHODS = frozenset(("CONNECT", "TRACE"))


class Endpoint:
    """Answers requests; runs in the event loop's thread and never waits there.

    `submit` takes entries and what to call when they are durable (`Coalescer.submit`). `health` raises a
    QtdError while nothing can be accepted; it and `record_now` may take their time and run in `executor`;
    `call_soon` brings their results back to the loop.
    """

    def __init__(
        self,
        *,
        api: TrackingApi,
        submit: Callable[[Entries, Done], None],
        counters: Counters,
        health: Callable[[], str],
        executor: Executor,
        call_soon: Callable[[Callable[[], None]], object],
        log: Logger,
        record_now: Callable[[RequestSet], None] | None = None,
    ) -> None:
        self._api = api
        self._submit = submit
        self._counters = counters
        self._health = health
        self._executor = executor
        self._call_soon = call_soon
        self._log = log
        self._record_now = record_now

    def handle(self, request: HttpRequest, reply: Reply) -> None:
        """Answer a request by calling `reply` exactly once, now or later."""
        try:
            self._handle(request, reply)
        except Exception as error:  # noqa: BLE001 - a bug with one request must not take the others with it
            self._log.emit(RequestFailed(method=request.method, cause=type(error).__name__), error=error)
            self._reply(reply, OUR_MISTAKE)

    def refused(self, answer: Answer) -> None:
        """Count an answer that the connection gave itself."""
        self._counters.answered += 1
        self._counters.bad += answer.status < 500

    def _handle(self, request: HttpRequest, reply: Reply) -> None:
        path, query = split_target(request.target)
        if not path.endswith(_TRACKER_PATHS):
            self._other(path, reply)
            return
        if request.method in _FORBIDDEN_METHODS:
            self._reply(reply, NOT_ALLOWED)
            return
        prepared = self._api.prepare(request, path, query)
        if prepared.entries:
            try:
                self._submit(prepared.entries, partial(self._pushed, request, prepared, reply))
            except BrokerUnavailable as error:
                self._pushed(request, prepared, reply, error)
        elif prepared.record_now is not None and self._record_now is not None:
            recording = self._executor.submit(self._record_now, prepared.record_now)
            self._later(recording, lambda _, error: self._pushed(request, prepared, reply, error))
        else:
            self._reply(reply, prepared.answer)

    def _other(self, path: bytes, reply: Reply) -> None:
        if path == b"/healthz/live":
            self._reply(reply, LIVE)
        elif path == b"/healthz":
            self._later(self._executor.submit(self._health), partial(self._healthy, reply))
        else:
            self._reply(reply, NOT_FOUND)

    def _healthy(self, reply: Reply, state: str | None, error: QtdError | None) -> None:
        self._reply(reply, plain_text(200, state or "") if error is None else not_ready(error))

    def _pushed(
        self,
        request: HttpRequest,
        prepared: Prepared,
        reply: Reply,
        error: QtdError | None,
        spooled: bool = False,  # noqa: FBT001, FBT002 - told like that for each hit
    ) -> None:
        if error is None:
            self._counters.accepted += prepared.requests
            if spooled:
                self._counters.spooled += prepared.requests
            self._reply(reply, prepared.answer)
            return
        self._counters.refused += prepared.requests
        origin = next((value for name, value in request.headers if name.lower() == b"origin"), b"")
        self._reply(reply, answers.unavailable(request.method, origin.decode("utf-8", "replace")))

    def _later(self, work: Future[T], then: Callable[[T | None, QtdError | None], None]) -> None:
        """Call `then` in the loop's thread when the work is done, with its result or the error it ended with."""

        def done(work: Future[T]) -> None:
            error = work.exception()
            result = work.result() if error is None else None
            if error is not None and not isinstance(error, QtdError):
                self._log.emit(RequestFailed(method="", cause=type(error).__name__), error=error)
                error = QtdError("a mistake of ours")
            self._call_soon(partial(then, result, error))

        work.add_done_callback(done)

    def _reply(self, reply: Reply, answer: Answer) -> None:
        self._counters.answered += 1
        if 400 <= answer.status < 500:
            self._counters.bad += 1
        reply(answer)


def not_ready(error: QtdError) -> Answer:
    """Return what `/healthz` says while nothing can be accepted."""
    return plain_text(503, f"not ready: {error}")


def split_target(target: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request target, which may be a whole URL."""
    path, _, query = target.partition(b"?")
    if not path.startswith(b"/"):
        _, _, rest = path.partition(b"://")
        path = b"/" + rest.partition(b"/")[2]
    return path, query
