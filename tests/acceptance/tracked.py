"""qtd as it runs for a site, with its workers, and what it recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from tests.integration.cli.running import Running, configuration, qtd
from tests.servers.process import free_port
from tests.servers.waiting import until

TOKEN = "f1a2c3d4e5f60718293a4b5c6d7e8f90"

SITE = {
    "idsite": 1,
    "name": "shop",
    "main_url": "http://127.0.0.1",
    "ecommerce": True,
    "goals": [{"idgoal": 1, "name": "signed up", "match_attribute": "manually", "allow_multiple": True}],
}

_ACTIONS = """
SELECT url.name AS url, url.type AS type, title.name AS title, category.name AS category, action.name AS action,
       link.search_cat, content.name AS content, interaction.name AS interaction, link.custom_float AS value
FROM log_link_visit_action link
LEFT JOIN log_action url ON url.idaction = link.idaction_url
LEFT JOIN log_action title ON title.idaction = link.idaction_name
LEFT JOIN log_action category ON category.idaction = link.idaction_event_category
LEFT JOIN log_action action ON action.idaction = link.idaction_event_action
LEFT JOIN log_action content ON content.idaction = link.idaction_content_name
LEFT JOIN log_action interaction ON interaction.idaction = link.idaction_content_interaction
ORDER BY link.idlink_va
"""


class Tracked:
    """A running qtd and its database."""

    def __init__(self, running: Running, port: int, engine: Engine) -> None:
        self.running = running
        self.port = port
        #: Where requests go.
        self.url = f"http://127.0.0.1:{port}/matomo.php"
        self._engine = engine

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What a statement finds, without the columns that are empty."""
        with reading(self._engine) as connection:
            found = connection.execute(text(statement)).mappings().all()
        return [{key: value for key, value in row.items() if value not in (None, "")} for row in found]

    def actions(self) -> list[dict[str, Any]]:
        """All actions of all visits, in the order in which they were recorded."""
        return self.rows(_ACTIONS)

    def visits(self) -> list[dict[str, Any]]:
        """All visits, the oldest first."""
        return self.rows("SELECT * FROM log_visit ORDER BY idvisit")

    def until_taken(self, requests: int) -> None:
        """Wait until so many requests are recorded or excluded, since the start."""
        until(lambda: self.taken() >= requests, f"{requests} requests are recorded, not {self.taken()}")

    def taken(self) -> int:
        """How many requests were recorded or excluded."""
        [row] = self.rows("SELECT SUM(recorded + excluded) AS n FROM qtd_counter")
        return int(row.get("n", 0))

    def end(self) -> int:
        """Ask it to end; return how many requests it accepted."""
        self.running.terminate()
        assert self.running.end() == 0
        assert self.running.noise == []
        [stopped] = self.running.named("ingest_stopped")
        assert stopped["refused"] == 0
        return int(stopped["accepted"])


@contextmanager
def tracking(folder: Path, url: str, **values: Any) -> Iterator[Tracked]:
    """Run `qtd serve --with-worker` for one site, into the database at `url`."""
    port = free_port()
    config = configuration(
        folder, sites=[SITE], database={"url": url}, ingest={"port": port}, log={"format": "json"}, **values
    )
    engine = open_engine(url)
    try:
        with qtd("serve", "--with-worker", "--config", config) as running:
            running.until("ingest_started")
            yield Tracked(running, port, engine)
    finally:
        engine.dispose()
