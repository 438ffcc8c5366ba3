"""Every recorded request gets the recorded answer and becomes the recorded entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qtd.wire.request_set import RequestSet
from tests.integration.ingest.serving import HttpAnswer, Served, serving

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "ingest.json").read_text(encoding="utf-8")
)
#: What the recording cuts out of `env.server`.
RECORDED_VARIABLES = frozenset(
    ("REMOTE_ADDR", "REQUEST_METHOD", "QUERY_STRING", "REQUEST_URI", "SCRIPT_NAME", "CONTENT_TYPE")
) | {"CONTENT_LENGTH"}
#: Headers whose absence is as much part of the answer as their value.
RECORDED_HEADERS = (
    "content-type",
    "cache-control",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
)
#: The answer of the plugin hides what became of a bulk request; ours is Matomo's own.
BULK = frozenset(
    case["name"]
    for case in CASES
    if case["name"] == "put" or (case["name"].startswith("bulk") and case["name"] != "bulk no requests key")
)
#: Bytes that are no UTF-8 made the plugin lose the request.
NOT_UTF8 = frozenset(("bulk invalid utf-8", "query string 11: a=%c3%28", "query string 12: a=%ff"))
#: nginx answered.
NOT_OURS = frozenset(("path info",))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One server for all cases, that records `queuedtracking=0` at once as the recorded one did."""
    with serving(records_now=True) as served:
        yield served


def exchange(served: Served, case: dict[str, Any]) -> tuple[HttpAnswer, dict[str, list[Any]]]:
    """Send a case's request; return the answer and the entries it became, in the recording's form."""
    before = {queue: len(entries) for queue, entries in served.entries().items()}
    answer = served.send(case["request"].encode("latin-1"))
    became = {
        "trackingQueueV1" + (f"_{queue}" if queue else ""): [canonical(entry) for entry in new]
        for queue, entries in served.entries().items()
        if (new := entries[before.get(queue, 0) :])
    }
    return answer, became


def canonical(entry: RequestSet) -> dict[str, Any]:
    """An entry as the recording shows it."""
    server = {
        name: value
        for name, value in entry.server.items()
        if name.startswith("HTTP_") or name in RECORDED_VARIABLES
    }
    return {
        "requests": [request or [] for request in entry.requests],
        "env": {"server": server, "cookie": entry.cookies or []},
        "tokenAuth": entry.token_auth,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_answer_and_entries_are_as_recorded(served: Served, case: dict[str, Any]) -> None:
    """Status, headers, body and entries equal the recording, but where we mean to be better."""
    answer, became = exchange(served, case)
    if case["name"] not in NOT_UTF8:
        assert became == case["queues"]
    if case["name"] in NOT_OURS:
        assert answer.status == case["status"]
        return
    if case["name"] in BULK:
        return  # see test_better_than_recorded
    assert answer.status == case["status"]
    assert answer.body[:300].decode("latin-1") == case["body"]
    got = {name: answer.headers[name] for name in RECORDED_HEADERS if name in answer.headers}
    assert got == {name: case["headers"][name] for name in RECORDED_HEADERS if name in case["headers"]}
    length = case["headers"].get("content-length")
    assert length is None or answer.headers["content-length"] == length


def test_a_request_past_the_queue_is_recorded_at_once(served: Served) -> None:
    """`queuedtracking=0` leaves no entry, and yet the hit is recorded before it is answered."""
    case = next(case for case in CASES if case["name"] == "queuedtracking=0")
    before = len(served.recorded_now)
    answer, became = exchange(served, case)
    assert (answer.status, became) == (200, {})
    assert [one.requests[0]["action_name"] for one in served.recorded_now[before:]] == ["A"]
