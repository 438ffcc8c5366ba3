"""A Matomo beside us with something wrong, as the doctor finds it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.doctor.check import Check
from qtd.doctor.examine import examine
from qtd.store.create import create_tables
from qtd.store.settings.tracker_plugins import RECORDING
from tests.integration.matomo.conftest import PREFIX
from tests.integration.matomo.installation import MatomoFolder, database_section
from tests.integration.store.rows import run as execute
from tests.unit.doctor.facts import found, trouble, verdicts

pytestmark = pytest.mark.timeout(240)

#: Patterns that are read nowhere.
INVENTED = SimpleNamespace(origin="nowhere")
PLUGINS = [*sorted(RECORDING), "QueuedTracking"]


@pytest.fixture
def engine(mariadb_url: str) -> Engine:
    """Give Matomo's database, with its tables."""
    engine = open_engine(mariadb_url)
    create_tables(engine, PREFIX)
    return engine


@pytest.fixture
def folder(tmp_path: Path, mariadb_url: str, engine: Engine) -> MatomoFolder:
    """Give a Matomo whose lists and patterns are left to those that are shipped."""
    del engine
    folder = MatomoFolder(tmp_path / "matomo", database=database_section(mariadb_url, PREFIX))
    folder.write("core/Version.php", "<?php class Version { const VERSION = '5.1.2'; }")
    folder.configure({"Plugins": {"Plugins": PLUGINS}})
    return folder


@pytest.fixture(autouse=True)
def _quick_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns of devices take a second to read, each time; they are tested where they are read."""
    monkeypatch.setattr("qtd.doctor.matomo_folder.device_definitions", lambda _: INVENTED)


def examined(folder: MatomoFolder, **values: Any) -> list[Check]:
    """What is found of Matomo."""
    config = Config.model_validate(
        {
            "matomo": {"path": str(folder.path), **values.pop("matomo", {})},
            "redis": {"hosts": ["127.0.0.1:1"]},
            "state_directory": str(folder.path.parent),
            **values,
        }
    )
    return [check for check in examine(config, SystemClock()) if check.name.startswith("matomo.")]


def set_plugin(engine: Engine, **settings: str) -> None:
    """Change the plugin's settings as its form does."""
    for name, value in settings.items():
        execute(
            engine,
            f"INSERT INTO {PREFIX}plugin_setting (plugin_name, setting_name, setting_value, user_login)"
            f" VALUES ('QueuedTracking', '{name}', '{value}', '')",
        )


def test_the_folder(folder: MatomoFolder, engine: Engine) -> None:
    """Version, salt, plugins, lists and location database, each wrong once."""
    well = examined(folder, queue={"count": 1}, redis={"hosts": ["127.0.0.1:6379"]})
    assert trouble(well) == {}
    assert found(well, "matomo.version") == "Matomo 5.1.2"

    folder.configure({"Plugins": {"Plugins": [*RECORDING, "Shoes"]}, "General": {"salt": ""}})
    folder.write("core/Version.php", "<?php class Version { const VERSION = '4.16.1'; }")
    folder.write("misc/DBIP-City.mmdb", "this is no database")
    spoilt = examined(folder)
    assert trouble(spoilt) == {
        "matomo.version": "error",
        "matomo.salt": "error",
        "matomo.plugins": "error",
        "matomo.locations": "error",
        "matomo.location_provider": "error",
    }
    assert "Shoes" in found(spoilt, "matomo.plugins")
    (folder.path / "misc/DBIP-City.mmdb").unlink()
    execute(
        engine,
        f"INSERT INTO {PREFIX}option (option_name, option_value) VALUES ('usercountry.location_provider', 'geoip2php')",
    )
    folder.write("core/Version.php", "<?php class Version { const VERSION = '6.0.0'; }")
    allowed = examined(folder, matomo={"allow_plugins": ["Shoes"], "salt": "ours"})
    assert trouble(allowed) == {
        "matomo.version": "warning",
        "matomo.plugins": "warning",
        "matomo.location_provider": "warning",
    }


def test_the_plugin_beside_us(folder: MatomoFolder, engine: Engine) -> None:
    """Its queues have to be ours, where it has any; its settings may be in the configuration file, too."""
    ours: dict[str, Any] = {"queue": {"count": 4}, "redis": {"hosts": ["127.0.0.1:1"]}}
    idle = examined(folder, **ours)
    assert trouble(idle) == {"matomo.queuedtracking": "warning"}
    set_plugin(engine, queueEnabled="1", redisPassword="hunter2")
    different = examined(folder, **ours)
    assert trouble(different) == {"matomo.queuedtracking": "error"}
    text = found(different, "matomo.queuedtracking")
    assert "it has 1 queues, queue.count is 4" in text
    assert "its server is 127.0.0.1:6379, ours 127.0.0.1:1" in text
    assert "hunter2" not in str(different)
    set_plugin(engine, numQueueWorkers="4", redisPort="1")
    busy = examined(folder, **ours)
    assert trouble(busy) == {"matomo.queuedtracking": "warning"}
    assert "during tracking requests" in found(busy, "matomo.queuedtracking")
    set_plugin(engine, processDuringTrackingRequest="0")
    assert trouble(examined(folder, **ours)) == {}

    compact: dict[str, Any] = ours | {"queue": {"count": 4, "entries": "compact"}}
    assert trouble(examined(folder, **compact)) == {}  # PHP may write still
    set_plugin(engine, processDuringTrackingRequest="1")
    unreadable = examined(folder, **compact)
    assert trouble(unreadable) == {"matomo.queuedtracking": "error"}
    assert "which PHP can not read" in found(unreadable, "matomo.queuedtracking")
    folder.configure({"Plugins": {"Plugins": PLUGINS}, "QueuedTracking": {"backend": "mysql"}})
    other = examined(folder, **ours)
    assert "its backend is mysql, queue.backend is redis" in found(other, "matomo.queuedtracking")
    folder.configure({"Plugins": {"Plugins": sorted(RECORDING)}})
    assert found(examined(folder, **ours), "matomo.queuedtracking") == "the plugin is not active"


def test_the_plugin_that_is_to_record(folder: MatomoFolder, engine: Engine) -> None:
    """With engine console it has to be active, and its number of queues to be ours, whether PHP queues or not."""
    ours: dict[str, Any] = {"queue": {"count": 4}, "redis": {"hosts": ["127.0.0.1:1"]}, "engine": "console"}
    set_plugin(engine, redisPort="1", processDuringTrackingRequest="0")
    different = examined(folder, **ours)
    assert trouble(different) == {"matomo.queuedtracking": "error"}
    assert "it has 1 queues, queue.count is 4" in found(different, "matomo.queuedtracking")
    set_plugin(engine, numQueueWorkers="4")
    assert trouble(examined(folder, **ours)) == {}
    folder.configure({"Plugins": {"Plugins": sorted(RECORDING)}})
    assert trouble(examined(folder, **ours)) == {"matomo.queuedtracking": "error"}


def test_files_that_can_not_be_read(folder: MatomoFolder) -> None:
    """Database and salt are not known then; that is told once each, and the files of ours are still looked at."""
    (folder.path / "config/config.ini.php").unlink()
    config = Config.model_validate(
        {
            "matomo": {"path": str(folder.path)},
            "queue": {"backend": "sql"},
            "state_directory": str(folder.path.parent),
        }
    )
    checks = verdicts(list(examine(config, SystemClock())))
    assert {name for name, verdict in checks.items() if verdict == "error"} == {
        "matomo.configuration",
        "queue_database.connection",
        "database.connection",
    }
    assert checks["files.spool"] == "ok"


def test_a_matomos_database_without_its_salt(engine: Engine, mariadb_url: str, tmp_path: Path) -> None:
    """Tokens would not be recognised; in a database of our own there are none, and no salt is needed."""
    values = {"database": {"url": mariadb_url, "tables_prefix": PREFIX}, "queue": {"backend": "memory"}}
    config = Config.model_validate({"state_directory": str(tmp_path), **values})
    assert "matomo.salt" not in verdicts(list(examine(config, SystemClock())))
    execute(
        engine,
        f"INSERT INTO {PREFIX}user_token_auth (login, description, password, hash_algo, date_created)"
        " VALUES ('a', 'b', 'c', 'sha512', '2026-01-01')",
    )
    assert verdicts(list(examine(config, SystemClock())))["matomo.salt"] == "error"
    salted = Config.model_validate({"state_directory": str(tmp_path), **values, "matomo": {"salt": "x"}})
    assert "matomo.salt" not in verdicts(list(examine(salted, SystemClock())))
