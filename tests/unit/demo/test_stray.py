from __future__ import annotations

import time
from collections import Counter
from random import Random

import httptools
import pytest

from qtd.demo.choice import Choice
from qtd.demo.device import load_bots, load_devices
from qtd.demo.site import load_sites
from qtd.demo.stray import Strays
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.ingest.http_request import Headers, HttpRequest
from qtd.ingest.proxies import Proxies
from qtd.ingest.tracking_api import Prepared, TrackingApi
from qtd.wire.request_set import decode


class Parsed:
    """An HTTP request as the endpoint would see it."""

    def __init__(self, raw: bytes) -> None:
        self.target = b""
        self.headers: Headers = []
        self.body = b""
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(raw)
        self.request = HttpRequest(
            method=parser.get_method().decode(), target=self.target, headers=self.headers, body=self.body
        )

    def on_url(self, url: bytes) -> None:
        """Take the target."""
        self.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.body += body


@pytest.fixture(scope="module")
def answers() -> list[tuple[bytes, Prepared]]:
    """Many stray requests, and what the tracking API does about each."""
    sites = load_sites()
    strays = Strays(sites=Choice.falling(sites), bots=load_bots(), devices=load_devices(), host="x")
    settings = Settings(sites={site.idsite: Site(idsite=site.idsite, urls=(site.address,)) for site in sites})
    api = TrackingApi(
        settings=lambda: settings,
        queues=1,
        proxies=Proxies((), client_headers=(), host_headers=()),
        new_id=lambda: "id",
        now=time.time,
    )
    random = Random(3)
    prepared = []
    for _ in range(600):
        raw = strays.draw(random)
        parsed = Parsed(raw)
        path, _, query = parsed.target.partition(b"?")
        prepared.append((raw, api.prepare(parsed.request, path, query)))
    return prepared


def test_some_are_refused_and_some_hold_nothing(answers: list[tuple[bytes, Prepared]]) -> None:
    """Among them are requests answered with 400, and such in which there is nothing to track."""
    statuses = Counter((answer.answer.status, answer.requests) for _, answer in answers)
    assert statuses[400, 0] > 0
    assert statuses[200, 0] > 0
    assert statuses[204, 1] + statuses[200, 1] > 400
    assert {status for status, _ in statuses} <= {200, 204, 400}


def test_what_is_not_utf8_arrives_with_a_replacement(answers: list[tuple[bytes, Prepared]]) -> None:
    """A title in another encoding is accepted, its unreadable byte replaced."""
    entries = [answer.entries for raw, answer in answers if b"Caf%E9" in raw]
    assert entries
    for [(_, stored)] in entries:
        assert decode(stored).requests[0]["action_name"] == "Caf�"


def test_bots_and_spam_are_most_of_them(answers: list[tuple[bytes, Prepared]]) -> None:
    """More than half come from crawlers, as in earnest."""
    bots = sum(any(bot.agent.encode() in raw for bot in load_bots()) for raw, _ in answers)
    assert bots > 300
    assert any(b"semalt" in raw for raw, _ in answers)
