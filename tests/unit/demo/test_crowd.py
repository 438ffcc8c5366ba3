from __future__ import annotations

from itertools import pairwise
from urllib.parse import parse_qs

import orjson
import pytest

from qtd.demo.crowd import SPAN_SECONDS, Crowd, Hit
from qtd.demo.site import load_sites

END = 1_795_277_828.0


def crowd(*, seed: int = 1, visitors: int = 50, requests: int = 1000) -> Crowd:
    """A crowd whose day ends at END."""
    return Crowd(
        seed=seed, sites=load_sites(), visitors=visitors, requests=requests, end=END, host="127.0.0.1:1"
    )


def go_on(crowd: Crowd, count: int) -> list[Hit]:
    """The next requests, each answered before the next one."""
    hits = []
    for _ in range(count):
        hits.append(crowd.next())
        crowd.answered(hits[-1])
    return hits


def queries(hit: Hit) -> list[dict[str, str]]:
    """The parameters of each tracking request in a hit, empty for what is none."""
    head, _, body = hit.request.decode("latin-1").partition("\r\n\r\n")
    target = head.split(" ", 2)[1]
    if body.startswith("{"):
        try:
            texts = [text.removeprefix("?") for text in orjson.loads(body)["requests"]]
        except orjson.JSONDecodeError:
            texts = []
    else:
        texts = [body or target.partition("?")[2]]
    return [{name: values[0] for name, values in parse_qs(text).items()} for text in texts if text]


def test_same_seed_same_requests() -> None:
    """Two crowds of the same seed send the same, one of another seed does not."""
    first = [hit.request for hit in go_on(crowd(), 300)]
    assert first == [hit.request for hit in go_on(crowd(), 300)]
    assert first != [hit.request for hit in go_on(crowd(seed=2), 300)]


def test_visitors_act_in_the_order_of_their_own_time() -> None:
    """Times are given as `cdt`, rise for each visitor, and lie within the day before the end."""
    newest: dict[str, int] = {}
    for hit in go_on(crowd(), 1000):
        for params in queries(hit):
            if "_id" not in params:
                continue
            when = int(params.get("cdt", END))
            assert END - SPAN_SECONDS <= when <= END
            assert when >= newest.get(params["_id"], 0)
            newest[params["_id"]] = when
    assert len(newest) > 20


def test_a_visitor_waits_for_his_answer() -> None:
    """As long as a request is not answered its visitor sends no other one."""
    visitors = crowd()
    waiting = set()
    for _ in range(200):
        hit = visitors.next()
        if hit.visitor is not None:
            assert hit.visitor.visitor_id not in waiting
            waiting.add(hit.visitor.visitor_id)
    assert len(waiting) > 100


def test_visitors_come_back_after_a_pause_that_ends_a_visit() -> None:
    """Among few visitors somebody comes back, and never before half an hour is over."""
    seen: dict[str, list[tuple[int, str]]] = {}
    for hit in go_on(crowd(visitors=10, requests=400), 400):
        for params in queries(hit):
            if "cdt" in params:
                seen.setdefault(params["_id"], []).append((int(params["cdt"]), params["idsite"]))
    pauses = [later - earlier for moments in seen.values() for (earlier, _), (later, _) in pairwise(moments)]
    long = [pause for pause in pauses if pause > 1800]
    assert long
    assert min(long) >= 2400


def test_the_visitors_day_fits_the_number_of_requests() -> None:
    """After as many requests as were announced the visitors' time has come near its end."""
    last = 0
    for hit in go_on(crowd(requests=3000), 3000):
        for params in queries(hit):
            last = max(last, int(params.get("cdt", 0)))
    assert END - 0.25 * SPAN_SECONDS < last <= END


def test_whoever_asks_for_more_gets_requests_of_the_present() -> None:
    """Beyond the announced number requests go on, without a time of their own."""
    later = [params for hit in go_on(crowd(requests=50), 600)[-50:] for params in queries(hit)]
    assert any("_id" in params for params in later)
    assert all("cdt" not in params for params in later)


@pytest.mark.parametrize("wanted", ["download", "link", "e_c", "search", "ping", "ec_items", "ec_id", "_pks"])
def test_all_kinds_of_requests_come(wanted: str) -> None:
    """Downloads, outlinks, events, searches, heart beats, carts, orders and product views are among them."""
    assert any(wanted in params for hit in go_on(crowd(requests=2000), 2000) for params in queries(hit))


def test_all_forms_of_requests_come() -> None:
    """GET, POST and bulk requests are among them."""
    requests = [hit.request for hit in go_on(crowd(), 1000)]
    assert any(request.startswith(b"GET ") for request in requests)
    assert any(b"application/x-www-form-urlencoded" in request for request in requests)
    assert any(b'{"requests":["?' in request for request in requests)
