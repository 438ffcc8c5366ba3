"""Hits to a guest's endpoint, and what became of them in the database."""

from __future__ import annotations

import itertools
import os
from functools import partial

from guests import until
from testinfra.host import Host

_NUMBERS = itertools.count(1)


def hit(host: Host, *, at: str = "http://127.0.0.1:8088") -> str:
    """Send a page view from inside the guest; return its page, which is like no other."""
    page = f"page-{os.getpid()}-{next(_NUMBERS)}"
    status = host.check_output(
        "curl --silent --show-error --output /dev/null --write-out '%%{http_code}' --max-time 60 %s",
        f"{at}/matomo.php?idsite=1&rec=1&url=https://shop.example/{page}",
    )
    assert status == "200", f"{page} was answered with {status}"
    return page


def recorded(database: Host, page: str) -> int:
    """Return how many page views of this page there are in the database."""
    return int(
        database.check_output(
            "mariadb --batch --skip-column-names matomo --execute %s",
            "SELECT COUNT(*) FROM matomo_log_link_visit_action JOIN matomo_log_action ON idaction_url = idaction"
            f" WHERE name LIKE '%{page}'",
        )
    )


def until_recorded(database: Host, pages: list[str]) -> None:
    """Wait until each of these pages is in the database, and see that each is there once."""
    for page in pages:
        until(f"{page} is recorded", partial(recorded, database, page))
    assert {page: recorded(database, page) for page in pages} == dict.fromkeys(pages, 1)
