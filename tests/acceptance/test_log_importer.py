"""Bulk requests as Matomo's log importer makes them: lines of an access log, by the hundred, days later."""

from __future__ import annotations

import http.client
import os
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from qtd.clock import SystemClock
from tests.acceptance.conftest import Tracking
from tests.acceptance.tracked import TOKEN, Tracked

pytestmark = pytest.mark.timeout(180)

#: `QTD_IMPORT_LINES=100000 make acceptance ARGS='-k import -s'` tells how fast a large log is.
LINES = int(os.environ.get("QTD_IMPORT_LINES", "1200"))
AT_ONCE, ADDRESSES = 200, 60
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
)
#: A line of another site, which is none of ours.
FOREIGN = 345


def lines(began: datetime) -> Iterator[dict[str, Any]]:
    """The requests of an hour's log, each address with its own agent."""
    for number in range(LINES):
        address = number * 7 % ADDRESSES
        yield {
            "rec": "1",
            "apiv": "1",
            "idsite": "99" if number == FOREIGN else "1",
            "url": f"http://shop.test/{number}",
            "urlref": "",
            "cip": f"203.0.113.{address + 1}",
            "cdt": f"{began + timedelta(seconds=number * 3600 // LINES):%Y-%m-%d %H:%M:%S}",
            "ua": AGENTS[address % 2],
            "bots": "1",
            "dp": "1",
            "queuedtracking": "0",
            "cvar": '{"1":["HTTP-code","200"]}',
        }


def imported(tracked: Tracked, requests: list[dict[str, Any]], token: str) -> dict[str, Any]:
    """Send a bulk request; return its answer, which the importer wants to be JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", tracked.port, timeout=60)
    body = orjson.dumps({"token_auth": token, "requests": requests})
    connection.request("POST", "/matomo.php?queuedtracking=0", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer: dict[str, Any] = orjson.loads(response.read())
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    connection.close()
    return answer


def test_an_import(tracker: Tracking) -> None:
    """Each line is one row with its own time, address and agent, bots too; a foreign line is named, no more."""
    # Noon: at midnight visits begin anew.
    began = datetime.fromtimestamp(SystemClock().now(), UTC).replace(hour=12, minute=0) - timedelta(days=3)
    log = list(lines(began))
    whole_addresses = {"PrivacyManager.ipAnonymizerEnabled": 0}
    with tracker(matomo={"super_user_token": TOKEN, "options": whole_addresses}) as tracked:
        clock = SystemClock()
        start = clock.monotonic()
        answers = [imported(tracked, log[at : at + AT_ONCE], TOKEN) for at in range(0, LINES, AT_ONCE)]
        sent = clock.monotonic()
        tracked.until_taken(LINES - 1)
        rates = LINES / (sent - start), LINES / (clock.monotonic() - start)
        sys.stdout.write("{:,.0f} lines a second accepted, {:,.0f} recorded\n".format(*rates))
        bad = FOREIGN // AT_ONCE
        assert answers[bad] == {
            "status": "success",
            "tracked": AT_ONCE - 1,
            "invalid": 1,
            "invalid_indices": [FOREIGN % AT_ONCE],
        }
        fine = {"status": "success", "tracked": AT_ONCE, "invalid": 0, "invalid_indices": []}
        assert [answer for number, answer in enumerate(answers) if number != bad] == [fine] * (
            LINES // AT_ONCE - 1
        )
        recorded = tracked.rows(
            "SELECT name, link.server_time AS moment, location_ip, config_browser_name FROM log_link_visit_action link "
            "JOIN log_visit USING (idvisit) JOIN log_action ON idaction = idaction_url"
        )
        assert sorted((str(row["moment"])[:19], row["name"]) for row in recorded) == sorted(
            (line["cdt"], line["url"].removeprefix("http://")) for line in log if line["idsite"] == "1"
        )
        assert {row["location_ip"][-1] for row in recorded} == set(range(1, ADDRESSES + 1))
        visits = Counter(row["location_ip"][-1] for row in tracked.visits())
        assert visits == dict.fromkeys(range(1, ADDRESSES + 1), 1)
        spread = tracked.rows("SELECT queue, SUM(taken) AS n FROM qtd_counter GROUP BY queue")
        assert len(spread) == 2
        assert all(row["n"] > LINES / 4 for row in spread)
        assert tracked.end() == LINES - 1


def test_without_the_right(tracked: Tracked) -> None:
    """Who has no token may set no address: every line is invalid, which the answer says without telling which."""
    began = datetime.fromtimestamp(SystemClock().now(), UTC) - timedelta(minutes=1)
    answer = imported(tracked, list(lines(began))[:10], "0" * 32)
    assert answer == {"status": "success", "tracked": 0, "invalid": 10}
    assert tracked.end() == 0
