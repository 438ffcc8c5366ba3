from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qtd.engine.php import sanitize
from qtd.engine.referrer import ReferrerDetection, ReferrerLists
from qtd.engine.referrer_spam import ReferrerSpam
from qtd.engine.settings import TRACKER_DEFAULTS, Settings
from qtd.engine.site import Site
from qtd.store.lists import load_referrer_lists

RECORDINGS = Path(__file__).parents[2] / "data" / "parity" / "referrers.json"
SCENARIOS: list[dict[str, Any]] = json.loads(RECORDINGS.read_text(encoding="utf-8"))
COLUMNS = ("referer_type", "referer_name", "referer_keyword", "referer_url")
VISIT_LENGTH = 1800

#: The sites of the recordings' world that referrers lead to.
SITES = {
    1: Site(idsite=1, urls=("http://example.org",)),
    2: Site(
        idsite=2,
        urls=(
            "https://www.shop.example.com",
            "http://shop-alias.example.com",
            "https://m.shop.example.com/mobile",
        ),
        excluded_parameters=("secret", "token", "/^sess.*/"),
    ),
    5: Site(
        idsite=5,
        urls=("http://strict.example.net", "https://alias.strict.example.net/section"),
        exclude_unknown_urls=True,
        excluded_referrers=("blocked.example", "pay.example/checkout"),
    ),
}


@pytest.fixture(scope="module")
def lists() -> ReferrerLists:
    """Load the shipped lists, which are those of the recordings."""
    return load_referrer_lists()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_gives_the_recorded_visits_their_referrers(scenario: dict[str, Any], lists: ReferrerLists) -> None:
    """Replaying a recording's requests visitor by visitor gives the recorded visits' four referrer columns."""
    config = scenario.get("config", {}).get("Tracker", {})
    tracker = {**TRACKER_DEFAULTS, **{key: str(value) for key, value in config.items()}}
    detection = ReferrerDetection(Settings(sites=SITES, tracker=tracker), lists)
    is_spam = ReferrerSpam(lists.spammers).is_spam
    visits: list[dict[str, Any]] = []
    current: dict[str, tuple[int, dict[str, Any]]] = {}
    for entry in scenario["entries"]:
        for raw in entry["requests"]:
            hit: dict[str, Any] = {
                "url": sanitize(raw.get("url", "")),
                "urlref": sanitize(raw.get("urlref", "")),
                "raw": raw,
                "site": SITES[int(raw["idsite"])],
            }
            if tracker["enable_spam_filter"] != "0" and is_spam(hit["urlref"]):
                continue
            now = int(entry["time"])
            last, row = current.get(raw["_id"], (0, {}))
            if now - last < VISIT_LENGTH and not detection.forces_new_visit(**hit, row=row):
                row.update(detection.for_existing_visit(**hit, row=row))
            else:
                row = detection.for_new_visit(**hit)
                visits.append(row)
            current[raw["_id"]] = (now, row)
    recorded = [{column: visit[column] for column in COLUMNS} for visit in scenario["rows"]["log_visit"]]
    assert visits == recorded
