from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qtd.config.root import Config
from qtd.config.secret import revealed
from qtd.errors import ConfigurationError
from qtd.store.settings.beside_matomo import beside_matomo, remarks

GLOBAL = "[database]\nport = 3306\n[Plugins]\nPlugins[] = Goals\n"
LOCAL = """[database]
host = db.example
username = matomo
password = geheim
dbname = stats
tables_prefix = matomo_
[General]
salt = abc
"""


def matomo(folder: Path, local: str = LOCAL, more: str = "") -> str:
    """A Matomo's configuration in a folder."""
    (folder / "config").mkdir()
    (folder / "config/global.ini.php").write_text(GLOBAL)
    (folder / "config/config.ini.php").write_text(local + more)
    return str(folder)


def config(path: str, **sections: Any) -> Config:
    """Our configuration beside it."""
    given = {"path": path, **sections.pop("matomo", {})}
    return Config.model_validate({"matomo": given, **sections})


def test_without_matomo_nothing_changes() -> None:
    """The configuration itself comes back."""
    alone = Config()
    assert beside_matomo(alone) is alone
    assert list(remarks(alone)) == []


def test_the_database_is_matomos(tmp_path: Path) -> None:
    """Where our own file says nothing of it; the password is kept apart from the URL."""
    found = beside_matomo(config(matomo(tmp_path)))
    assert found.database_url == "mysql+pymysql://matomo@db.example:3306/stats"
    assert revealed(found.database.password) == "geheim"
    assert found.database.tables_prefix == "matomo_"
    assert "geheim" not in repr(found)


def test_the_queues_share_it(tmp_path: Path) -> None:
    """With backend sql and no database of their own."""
    found = beside_matomo(config(matomo(tmp_path), queue={"backend": "sql"}))
    assert found.queue_database_url == found.database_url


def test_our_own_file_goes_first_key_by_key(tmp_path: Path) -> None:
    """A URL of our own (another account, say) leaves the prefix to Matomo, and the other way round."""
    path = matomo(tmp_path)
    own = beside_matomo(config(path, database={"url": "mysql+pymysql://qtd@127.0.0.1/stats"}))
    assert own.database_url == "mysql+pymysql://qtd@127.0.0.1/stats"
    assert own.database.password is None
    assert own.database.tables_prefix == "matomo_"
    other = beside_matomo(config(path, database={"tables_prefix": "", "lock_timeout_seconds": 3}))
    assert other.database.tables_prefix == ""
    assert other.database.lock_timeout_seconds == 3
    assert other.database_url.endswith("@db.example:3306/stats")


def test_a_prefix_that_no_name_has_is_refused(tmp_path: Path) -> None:
    """It becomes part of statements."""
    path = matomo(tmp_path, LOCAL.replace("matomo_", "'a`b'"))
    with pytest.raises(ConfigurationError, match="tables_prefix: 'a`b'"):
        beside_matomo(config(path))


def test_unknown_tracker_plugins_are_refused_by_name(tmp_path: Path) -> None:
    """All of them at once, and none of those that may be ignored."""
    path = matomo(tmp_path, more="[Plugins]\nPlugins[] = Goals\nPlugins[] = Shoes\nPlugins[] = Hats\n")
    with pytest.raises(ConfigurationError, match=r"matomo\.allow_plugins: .*: Hats, Shoes;"):
        beside_matomo(config(path))
    with pytest.raises(ConfigurationError, match=": Shoes;"):
        beside_matomo(config(path, matomo={"allow_plugins": ["Hats"]}))
    beside_matomo(config(path, matomo={"allow_plugins": ["Shoes", "Hats", "Other"]}))


def test_what_is_told_at_start(tmp_path: Path) -> None:
    """Where the settings come from, what the rows will lack, and what they will have in spite of Matomo."""
    path = matomo(tmp_path, more="[Plugins]\nPlugins[] = Goals\nPlugins[] = Shoes\n")
    told = {event.name(): dict(event.values()) for event in remarks(config(path))}
    assert told["matomo_read"] == {"path": path, "version": "unknown"}
    assert told["plugins_ignored"] == {"plugins": "Shoes"}
    assert "Events" in str(told["plugins_inactive"]["plugins"])
    assert "Goals" not in str(told["plugins_inactive"]["plugins"])
