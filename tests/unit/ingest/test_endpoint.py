"""Requests find their way, and no mistake of ours takes more than its own request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from qtd.engine.settings import Settings
from qtd.errors import BrokerUnavailable
from qtd.ingest.answer import Answer
from qtd.ingest.counters import Counters
from qtd.ingest.endpoint import Endpoint, split_target
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.proxies import Proxies
from qtd.ingest.push_batch import Done
from qtd.ingest.tracking_api import TrackingApi
from qtd.log import get_logger
from qtd.wire.entry_id import entry_ids


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/matomo.php?a=1?b", b"/matomo.php", b"a=1?b"),
        (b"/matomo.php", b"/matomo.php", b""),
        (b"http://h:80/x/matomo.php?a=1", b"/x/matomo.php", b"a=1"),
        (b"http://h", b"/", b""),
        (b"*", b"/", b""),
    ],
)
def test_targets_are_split(target: bytes, path: bytes, query: bytes) -> None:
    """A path and a query, also from a whole URL."""
    assert split_target(target) == (path, query)


def endpoint(
    submit: Callable[[Sequence[tuple[int, bytes]], Done], None],
    counters: Counters,
    *,
    settings: Callable[[], Settings] = Settings,
) -> Endpoint:
    """An endpoint over a queue that the test plays."""
    return Endpoint(
        api=TrackingApi(
            settings=settings,
            queues=4,
            proxies=Proxies((), client_headers=(), host_headers=()),
            new_id=entry_ids(),
            now=lambda: 1_795_277_828.5,
        ),
        submit=submit,
        counters=counters,
        health=lambda: "ready",
        executor=ThreadPoolExecutor(1),
        call_soon=lambda call: call(),
        log=get_logger("ingest"),
    )


def hit(target: bytes = b"/matomo.php?idsite=1") -> HttpRequest:
    """A request as it came."""
    return HttpRequest("GET", target, [(b"Host", b"h")], b"", "203.0.113.1")


def test_the_answer_waits_for_the_queue() -> None:
    """Nothing is said before it is durable."""
    waiting: list[Done] = []
    answers: list[Answer] = []
    counters = Counters()
    endpoint(lambda _entries, done: waiting.append(done), counters).handle(hit(), answers.append)
    assert (answers, counters.accepted) == ([], 0)
    waiting[0](None, False)
    assert [answer.status for answer in answers] == [200]
    assert counters.accepted == 1


def test_a_queue_that_is_full_is_an_honest_503() -> None:
    """Refused at once, and counted."""

    def full(_entries: Sequence[tuple[int, bytes]], _done: Done) -> None:
        raise BrokerUnavailable("full")

    answers: list[Answer] = []
    counters = Counters()
    endpoint(full, counters).handle(hit(), answers.append)
    assert [answer.status for answer in answers] == [503]
    assert (counters.accepted, counters.refused) == (0, 1)


def test_a_mistake_of_ours_is_a_500(capsys: pytest.CaptureFixture[str]) -> None:
    """Told in the log by its kind, not shown to the client; the next request is served."""

    def broken() -> Settings:
        raise RuntimeError("secret inside")

    answers: list[Answer] = []
    served = endpoint(lambda _entries, _done: None, Counters(), settings=broken)
    served.handle(hit(), answers.append)
    served.handle(hit(b"/healthz/live"), answers.append)
    assert [answer.status for answer in answers] == [500, 200]
    assert b"secret" not in answers[0].body
    assert "request_failed" in "".join(capsys.readouterr())


@pytest.mark.parametrize("path", [b"/matomo.php", b"/piwik.php", b"/stats/matomo.php"])
def test_the_tracker_may_lie_in_a_folder(path: bytes) -> None:
    """As Matomo may."""
    pushed: list[Sequence[tuple[int, bytes]]] = []
    endpoint(lambda entries, _done: pushed.append(entries), Counters()).handle(hit(path + b"?a=1"), print)
    assert len(pushed) == 1
