"""Numbered tracking requests of visitors: from a request's row one can tell whose it is and which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson

HOST = "example.org"
SITE = 1
#: Manual, and may be reached more than once in a visit, so that each request makes a row.
GOAL = 1

#: Seconds before the round at which its requests say they were made: their own time is all that rows depend on.
BEGIN_SECONDS = 8 * 3600
#: Longer than a visit lasts without a request.
NEW_VISIT_SECONDS = 2000

_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
)
_LANGUAGES = ("de", "en", "fr", "es", "it", "pl")


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberedRequest:
    """One tracking request."""

    #: 16 hexadecimal digits
    visitor: str
    #: from 1, in the order in which the visitor makes them
    number: int
    #: whether its row is an action or a conversion
    converts: bool
    params: dict[str, str]


def browser(random: Random) -> dict[str, str]:
    """What a browser, and the web server before the endpoint, send along with each request."""
    return {
        "Host": HOST,
        "User-Agent": random.choice(_AGENTS),
        "X-Forwarded-For": f"93.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}",
    }


class Visitor:
    """Makes the requests of one visitor, the same ones for the same `random`."""

    def __init__(self, number: int, *, random: Random, now: float) -> None:
        """`number` is from 0; visitors with numbers that follow one another have different queues."""
        self._random = random
        # The first three digits decide about the queue.
        self.id = f"{number:03x}{random.getrandbits(52):013x}"
        # Those of one client share their browser, and must not be taken for each other.
        self._language = f"{_LANGUAGES[number % len(_LANGUAGES)]}-{number}"
        self._time = int(now) - BEGIN_SECONDS
        self._number = 0

    def next(self) -> NumberedRequest:
        """The next request: mostly a page view, now and then an event, a goal, an order."""
        random = self._random
        self._number += 1
        self._time += NEW_VISIT_SECONDS if random.random() < 0.05 else random.randrange(2, 15)
        params = {
            "idsite": str(SITE),
            "rec": "1",
            "_id": self.id,
            "lang": self._language,
            "send_image": "0",
            "url": url_of(self._number),
            "cdt": datetime.fromtimestamp(self._time, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        }
        own, converts = self._own()
        return NumberedRequest(visitor=self.id, number=self._number, converts=converts, params=params | own)

    def _own(self) -> tuple[dict[str, str], bool]:
        random, number = self._random, self._number
        match random.choices(("page", "event", "goal", "order"), (65, 15, 12, 8))[0]:
            case "page":
                return {
                    "action_name": f"Page {number} of {self.id[:3]}",
                    "pf_srv": str(random.randrange(900)),
                }, False
            case "event":
                return {
                    "e_c": "Video",
                    "e_a": random.choice(("Play", "Stop")),
                    "e_n": f"Film {number}",
                }, False
            case "goal":
                return {"idgoal": str(GOAL), "revenue": str(number)}, True
            case _:
                items = [[f"sku{random.randrange(5)}", "Thing", "Things", random.randrange(1, 90), 2]]
                order = {
                    "idgoal": "0",
                    "ec_id": f"{self.id}-{number}",
                    "revenue": str(random.randrange(1, 500)),
                }
                return order | {"ec_items": orjson.dumps(items).decode()}, True


def url_of(number: int) -> str:
    """The page address that a visitor's request of this number carries."""
    return f"http://{HOST}/r/{number}"


def number_of_action(row: Mapping[str, Any]) -> int:
    """The number of the request that became this action: its page's address ends with it."""
    return int(str(row["idaction_url"]).rpartition("/")[2])


def number_of_conversion(row: Mapping[str, Any]) -> int:
    """The number of the request that became this conversion: an order's name ends with it, a goal is worth as much."""
    order = row["idorder"]
    return int(str(order).rpartition("-")[2]) if order else int(row["revenue"])


def by_visitor(requests: Sequence[NumberedRequest]) -> dict[str, list[NumberedRequest]]:
    """The requests of each visitor, in their order."""
    groups: dict[str, list[NumberedRequest]] = {}
    for request in requests:
        groups.setdefault(request.visitor, []).append(request)
    return groups
