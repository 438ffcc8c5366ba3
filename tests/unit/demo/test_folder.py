from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from qtd.config.load import load
from qtd.demo.folder import make_folder
from qtd.demo.site import load_sites
from qtd.errors import ConfigurationError
from qtd.store.settings.source import SettingsSource
from qtd.worker.assemble import open_database, settings_source
from tests.fake_clock import FakeClock


def test_everything_lies_in_the_folder(tmp_path: Path) -> None:
    """Configuration, database and queues are in the folder, and the configuration is valid."""
    folder = make_folder(tmp_path / "a" / "demo", sites=load_sites(), queues=3, workers=2)
    assert folder.path == tmp_path / "a" / "demo"
    config = load(folder.config_file)
    assert config == folder.config
    assert config.database_url == f"sqlite:///{folder.database}"
    assert str(folder.path) in config.queue_database_url
    assert (config.queue.count, config.worker_count) == (3, 2)
    assert config.ingest.port == folder.port
    assert folder.database.exists()


def test_sites_and_goals_are_what_tracking_reads(tmp_path: Path) -> None:
    """The tracker's own settings know the demo's sites, the shop as one, and the goals."""
    folder = make_folder(tmp_path / "demo", sites=load_sites(), queues=1, workers=1)
    engine = open_database(folder.config)
    source: SettingsSource = settings_source(folder.config, engine, FakeClock())
    settings = source.current()
    engine.dispose()
    assert sorted(settings.sites) == [1, 2, 3]
    assert settings.sites[1].ecommerce
    assert settings.sites[1].urls == ("https://shop.example",)
    assert [goal.match_attribute for goal in settings.sites[1].goals] == ["url", "file"]
    assert settings.sites[3].goals[0].allow_multiple


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written where something lies already."""
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not empty"):
        make_folder(tmp_path, sites=load_sites(), queues=1, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_can_not_be_made_is_an_error_with_its_reason(tmp_path: Path) -> None:
    """A file in its place: the system's reason, and the path."""
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigurationError, match=rf"{file}/demo: Not a directory"):
        make_folder(file / "demo", sites=load_sites(), queues=1, workers=1)


def test_port_is_free_for_now(tmp_path: Path) -> None:
    """The port can be listened on."""
    import socket  # noqa: PLC0415 - only here

    folder = make_folder(tmp_path / "demo", sites=load_sites(), queues=1, workers=1)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", folder.port))
