from __future__ import annotations

from pathlib import Path

from qtd.cli.bench.entries import entries_of
from qtd.cli.bench.ground import PREFIX, configuration
from qtd.cli.bench.page_views import page_views
from qtd.config.root import Config
from qtd.wire.request_set import decode


def test_entries_are_what_the_endpoint_writes(tmp_path: Path) -> None:
    """One entry for each page view, in order, with its parameters, the browser's headers, and an id of its own."""
    config = Config.model_validate(
        configuration(f"sqlite:///{tmp_path / 'x'}", {"backend": "memory", "count": 1})
    )
    views = list(page_views(50, hits_per_visit=5))
    entries = [decode(stored) for stored in entries_of(views, config)]
    assert [entry.requests for entry in entries] == [[view.params] for view in views]
    assert len({entry.id for entry in entries}) == 50
    for entry, view in zip(entries, views, strict=True):
        assert f"User-Agent: {entry.server['HTTP_USER_AGENT']}\r\n" in view.headers
        assert f"X-Forwarded-For: {entry.server['REMOTE_ADDR']}\r\n" in view.headers


def test_ground_is_nobody_elses(tmp_path: Path) -> None:
    """The tables have names that no Matomo has, and the sites are the demo's."""
    config = Config.model_validate(
        configuration(f"sqlite:///{tmp_path / 'x'}", {"backend": "memory", "count": 1})
    )
    assert config.database.tables_prefix == PREFIX == "qtd_bench_"
    assert [site.idsite for site in config.sites] == [1, 2, 3]
