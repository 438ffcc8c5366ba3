"""What waits in the queues: how much of it, in queues that nobody reads, behind locks that never end, and its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine
from qtd.errors import UndecodableEntry
from qtd.queue.contract import Queues, QueueState
from qtd.wire.request_set import Form, RequestSet, decode, encode

#: Entries of each queue that are looked at, and in how many queues.
_SAMPLE: Final = 25
_QUEUES: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestSize:
    """What a stored request takes, in bytes of its entry."""

    bytes: float
    #: whether it is the mean of what waits; else what a page view of ours takes
    measured: bool


def check_waiting(states: list[QueueState], *, count: int) -> Iterator[Check]:
    """Judge the states of all queues that there may be, of which `count` are read."""
    waiting = sum(state.waiting for state in states[:count])
    locked = sum(state.lock_holder is not None for state in states[:count])
    found = f"{several(count, 'queue')}, {several(waiting, 'entry waits', 'entries wait')}, {locked} locked"
    lost = [state for state in states[count:] if state.waiting]
    for_ever = [s.queue for s in states[:count] if s.lock_holder is not None and s.lock_seconds_left is None]
    if lost:
        there = ", ".join(f"queue {state.queue}: {state.waiting:,}" for state in lost[:5])
        yield doubtful(
            "queues.waiting",
            f"{found}; beyond queue.count ({count}) there are more, which nobody reads: {there}",
            "set queue.count to what it was, and change it by qtd queues resize; or a PHP tracker has more queues",
        )
    elif for_ever:
        yield doubtful(
            "queues.waiting",
            f"{found}; locked for good: queue {', '.join(map(str, for_ever))}",
            "a change of queue.count is going on, or was interrupted (qtd queues resize goes on with it);"
            " else qtd lock-status --unlock",
        )
    else:
        yield fine("queues.waiting", found)


def request_size(queues: Queues, form: Form) -> RequestSize:
    """Measure what waits at the heads of the queues; without any, a page view. Raises BrokerUnavailable."""
    size = requests = 0
    for queue in range(min(queues.count, _QUEUES)):
        for entry in queues.read(queue, _SAMPLE):
            size += len(entry)
            requests += _requests(entry)
    if size:
        return RequestSize(bytes=size / max(requests, 1), measured=True)
    return typical_request(form)


def typical_request(form: Form) -> RequestSize:
    """Return what an ordinary page view takes when this program stores it in that form."""
    return RequestSize(bytes=float(len(encode(_PAGE_VIEW, form))), measured=False)


def _requests(entry: bytes) -> int:
    try:
        return len(decode(entry).requests)
    except UndecodableEntry:
        return 1


_PAGE_VIEW: Final = RequestSet(
    requests=[
        {
            "action_name": "Walking boots for wet weather - Shop",
            "idsite": "1",
            "rec": "1",
            "r": "318294",
            "h": "14",
            "m": "3",
            "s": "27",
            "url": "https://shop.example/outdoor/boots/wet-weather?size=42",
            "urlref": "https://www.google.com/",
            "_id": "8a1c4e9b7d20f635",
            "_idn": "0",
            "send_image": "0",
            "_refts": "0",
            "cookie": "1",
            "res": "1920x1080",
            "pv_id": "Xq7TzA",
            "pf_net": "12",
            "pf_srv": "143",
            "pf_tfr": "8",
            "pf_dm1": "311",
            "pf_dm2": "870",
            "pf_onl": "14",
            "uadata": '{"fullVersionList":[{"brand":"Chromium","version":"131.0.6778.86"},'
            '{"brand":"Not_A Brand","version":"24.0.0.0"}],"mobile":false,"model":"","platform":"Windows",'
            '"platformVersion":"15.0.0"}',
        }
    ],
    server={
        "REMOTE_ADDR": "203.0.113.77",
        "HTTP_HOST": "stats.shop.example",
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "/matomo.php",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_TIME": 1795277828,
        "REQUEST_TIME_FLOAT": 1795277828.25,
        "HTTPS": "on",
        "HTTP_USER_AGENT": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/131.0.0.0 Safari/537.36",
        "HTTP_ACCEPT": "*/*",
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9,de;q=0.8",
        "HTTP_ACCEPT_ENCODING": "gzip, deflate, br, zstd",
        "HTTP_REFERER": "https://shop.example/outdoor/boots/wet-weather?size=42",
    },
    cookies={},
    token_auth=False,
    time=1795277828.25,
    id="01JD9Q2W7X4N8K3M5P6R0T1V2B",
)
