"""Client libraries from the registries: what a service sends arrives as rows, exactly once."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.acceptance.tracked import Tracked

pytestmark = pytest.mark.timeout(180)

MODULES = Path(__file__).parents[2] / "var" / "clients" / "node_modules"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_node(tracked: Tracked) -> None:
    """Npm's matomo-tracker: a bulk request whose answer it understands, then a single one."""
    node = shutil.which("node")
    if node is None or not (MODULES / "matomo-tracker").is_dir():
        pytest.skip("there is no Node.js, or no matomo-tracker: make acceptance installs them")
    script = Path(__file__).parent / "clients" / "node.js"
    with subprocess.Popen(
        [node, script, tracked.url], env=os.environ | {"NODE_PATH": str(MODULES)}, stdout=subprocess.PIPE
    ) as client:
        assert client.stdout is not None
        assert orjson.loads(client.stdout.readline()) == {"status": "success", "tracked": 3, "invalid": 0}
        tracked.until_taken(4)
        client.kill()  # the package never reads the answer to a single request, so its process would not end
    assert tracked.actions() == [
        {"url": "shop.test/a", "type": 1, "title": "A é &amp; b"},
        {
            "url": "shop.test/a",
            "type": 10,
            "title": "price",
            "category": "list",
            "action": "sort",
            "value": 2,
        },
        {"title": "shoes"},
        {"url": "shop.test/after", "type": 1, "title": "after"},
    ]
    [visit] = tracked.visits()
    assert visit["idvisitor"].hex() == "00112233445566aa"
    assert visit["config_browser_name"] == "FF"
    assert tracked.end() == 4


def test_python(tracked: Tracked) -> None:
    """PyPI's matomo: pages, an event, a goal, a search, a download and an order of one visitor."""
    library: Any = pytest.importorskip("matomo", reason="make acceptance installs the clients")
    request = pytest.importorskip("matomo.request").Request
    visitor = {"HTTP_HOST": "shop.test", "HTTP_USER_AGENT": FIREFOX, "HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.8"}
    client = library.Matomo(request(visitor), 1, tracked.url)
    client.set_visitor_id("aa66554433221100")
    client.set_url("http://shop.test/a")
    sent = 0

    def answered(answer: Any) -> None:
        nonlocal sent
        sent += 1
        assert (answer.status_code, answer.content[:3]) == (200, b"GIF")
        tracked.until_taken(sent)

    answered(client.do_track_page_view("Ünï & page"))
    answered(client.do_track_event("list", "sort", "price", 3))
    answered(client.do_track_goal(1, 7.5))
    answered(client.do_track_site_search("shoes", "all", 12))
    answered(client.do_track_action("http://shop.test/x.zip", "download"))
    answered(client.do_track_ecommerce_order("A-1", 99))
    assert [action.get("type", action.get("title")) for action in tracked.actions()] == [1, 10, "shoes", 3]
    assert tracked.actions()[0] == {"url": "shop.test/a", "type": 1, "title": "Ünï &amp; page"}
    assert tracked.rows("SELECT idgoal, revenue, items FROM log_conversion ORDER BY idgoal") == [
        {"idgoal": 0, "revenue": 99, "items": 0},
        {"idgoal": 1, "revenue": 7.5},
    ]
    [visit] = tracked.visits()
    assert visit["idvisitor"].hex() == "aa66554433221100"
    assert (visit["config_browser_name"], visit["location_browser_lang"]) == ("FF", "de-at")
    assert tracked.end() == sent
