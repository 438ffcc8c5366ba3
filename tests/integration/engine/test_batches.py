"""Visits, carts, orders and goals meet rows of the database, of the batch, or half of each: it must not matter."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from qtd.db.engine import open_engine
from qtd.engine.device import Device
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.location_provider import NoLocations
from qtd.engine.outside import Outside
from qtd.engine.referrer import ReferrerLists
from qtd.parity.run import Batches, Runner
from qtd.parity.scenario import Scenario, read_world
from tests.fake_clock import FakeClock

WORLD = Path(__file__).parents[2] / "data" / "parity" / "world.json"
BEGIN = 1_794_304_800
#: visitor -> his address, so that no two share a fingerprint
VISITORS = {"aaaaaaaaaaaaaaaa": "93.184.0.1", "bbbbbbbbbbbbbbbb": "93.185.0.1"}


class OneDevice:
    """Everybody has the same device."""

    def detect(self, *_args: object) -> Device:
        """Tell it."""
        return Device()


def outside(salts: FingerprintSalts) -> Outside:
    """The least that the engine needs."""
    return Outside(
        devices=OneDevice(),  # type: ignore[arg-type]
        referrer_lists=ReferrerLists(),
        locate=NoLocations(),
        salts=salts,
        random=Random(1),
    )


def cart(random: Random) -> str:
    """Up to three items of four products, some twice, or what is no list."""
    items = [
        [sku, random.choice(["n", "m", ""]), random.choice(["c", ["c", "d"]]), "2.999", random.choice([1, 2])]
        for sku in random.choices("ABCD", k=random.randint(0, 3))
    ]
    return random.choice([orjson.dumps(items).decode()] * 4 + ["5", ""])


def params(random: Random) -> dict[str, str]:
    """What one request does: a page view, an event, a ping, a goal, a cart or an order."""
    kind = random.choice(["page", "page", "event", "ping", "goal", "cart", "cart", "order", "order"])
    path = random.choice(["a", "thank-you", "product/1?author=X"])
    sent = {"rec": "1", "url": f"http://shop.example/{path}", "idsite": random.choice("34")}
    if kind == "event":
        sent |= {"e_c": "Video", "e_a": "play", "e_v": "2"}
    elif kind == "ping":
        sent |= {"ping": "1", "idgoal": random.choice(["", "0"])}
    elif kind == "goal":
        sent |= {"idgoal": random.choice(["7", "11", "99"])}
    elif kind in ("cart", "order"):
        sent |= {"idgoal": "0", "ec_items": cart(random), "revenue": str(random.randint(0, 9))}
    if kind == "order" or random.random() < 0.05:
        sent["ec_id"] = f"O{random.randint(0, 6)}"
    if random.random() < 0.3:
        sent |= {"dimension1": random.choice(["x", "y", ""]), "dimension5": "z"}
    return sent


def traffic(random: Random) -> list[dict[str, Any]]:
    """Entries of two visitors over some hours, with up to three requests each."""
    entries = []
    time = BEGIN
    for _ in range(40):
        time += random.choice([0, 1, 5, 40, 100, 300, 1900])
        visitor, address = random.choice(list(VISITORS.items()))
        requests = [params(random) | {"_id": visitor} for _ in range(random.choice([1, 1, 1, 3]))]
        server = {"REMOTE_ADDR": address}
        entries.append(
            {"requests": requests, "env": {"server": server, "cookie": {}}, "tokenAuth": "", "time": time}
        )
    return entries


def comparable(rows: dict[str, list[Any]]) -> dict[str, list[bytes]]:
    """Rows as sorted text, without the random numbers."""
    for row in rows["log_conversion"]:
        if row["idgoal"] > 0 and row["buster"]:
            row["buster"] = "random"
    return {table: sorted(map(orjson.dumps, found)) for table, found in rows.items()}


@pytest.mark.parametrize("seed", range(5))
def test_batches_make_no_difference(database_url: str, seed: int) -> None:
    """One by one, all at once and in batches of any size, requests leave the same rows."""
    entries = traffic(Random(seed))
    scenario = Scenario(group="random", name=str(seed), entries=entries, rows={})
    engine = open_engine(database_url)
    modes: tuple[Batches, ...] = ("single", "one", "random", "random")
    found = []
    for number, batches in enumerate(modes):
        runner = Runner(
            engine,
            read_world(WORLD),
            outside,
            clock=FakeClock(BEGIN + 86_400),
            batches=batches,
            random=Random(number),
        )
        found.append(comparable(dict(runner.rows(scenario))))
    engine.dispose()
    assert len(found[0]["log_conversion"]) > 1
    for other in found[1:]:
        assert other == found[0]


class Pairs(Random):
    """Makes every batch two entries long."""

    def randint(self, a: int, b: int) -> int:
        """Two, whatever is asked."""
        return max(a, min(b, 2))


def test_a_visit_taken_over_leaves_the_one_before(database_url: str) -> None:
    """A visitor whose newest visit another one with the same device continued is still the one of his earlier visit."""
    [bob, ann] = VISITORS
    steps = [(bob, 0), (bob, 3045), (ann, 4345), (bob, 7936)]
    server = {"REMOTE_ADDR": "93.184.0.1"}
    entries = [
        {
            "requests": [{"rec": "1", "idsite": "2", "url": "http://shop.example/", "_id": visitor}],
            "env": {"server": server, "cookie": {}},
            "tokenAuth": "",
            "time": BEGIN + seconds,
        }
        for visitor, seconds in steps
    ]
    engine = open_engine(database_url)
    runner = Runner(
        engine,
        read_world(WORLD),
        outside,
        clock=FakeClock(BEGIN + 86_400),
        batches="random",
        random=Pairs(),
    )
    visits = runner.rows(Scenario(group="", name="", entries=entries, rows={}))["log_visit"]
    engine.dispose()
    assert [(row["idvisitor"], row["visitor_count_visits"]) for row in visits] == [
        (bob, 1),
        (ann, 2),
        (bob, 2),
    ]
