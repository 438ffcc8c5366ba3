from __future__ import annotations

from pathlib import Path

import pytest

from qtd.errors import ConfigurationError
from qtd.store.settings.matomo_files import MatomoFiles, read_matomo_files

GLOBAL = """; <?php exit; ?>
[database]
port = 3306
charset = utf8
[General]
proxy_client_headers[] = HTTP_A
proxy_client_headers[] = HTTP_B
action_url_category_delimiter = /
[Tracker]
visit_standard_length = 1800
cookie_name = _pk_uid
[Plugins]
Plugins[] = Goals
"""
LOCAL = """; <?php exit; ?>
[database]
host = "db.example"
username = "mat@omo"
password = "p&quot;w:/@"
dbname = "matomo db"
tables_prefix = "piwik_"
[General]
salt = "s&amp;lt"
proxy_client_headers[] = HTTP_C
[Tracker]
visit_standard_length = 60
[Tracker_3]
create_new_visit_after_midnight = 0
[Plugins]
Plugins[] = Goals
Plugins[] = Bandwidth
"""


def files(folder: Path, local: str = LOCAL) -> MatomoFiles:
    """Write an installation's configuration and read it."""
    (folder / "config").mkdir()
    (folder / "config/global.ini.php").write_text(GLOBAL)
    (folder / "config/config.ini.php").write_text(local)
    return read_matomo_files(folder)


def test_the_local_file_replaces_key_by_key(tmp_path: Path) -> None:
    """Arrays are replaced as a whole, entities decoded, and [Tracker_<idsite>] is for one site."""
    configured = files(tmp_path).configured()
    assert configured.salt == "s&lt"
    assert configured.tracker == {"visit_standard_length": "60", "cookie_name": "_pk_uid"}
    assert configured.general["proxy_client_headers"] == ("HTTP_C",)
    assert configured.general["action_url_category_delimiter"] == "/"
    assert configured.site_tracker == {3: {"create_new_visit_after_midnight": "0"}}


def test_plugins_and_prefix(tmp_path: Path) -> None:
    """Both come as Matomo sees them."""
    matomo = files(tmp_path)
    assert matomo.plugins == ("Goals", "Bandwidth")
    assert matomo.tables_prefix == "piwik_"


def test_a_common_file_adds_to_the_defaults(tmp_path: Path) -> None:
    """Its arrays are merged place by place into those of global.ini.php, and config.ini.php replaces both."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "global.ini.php").write_text("[General]\na[] = 1\na[] = 2\nb[] = 1\nc = 1\n[Tracker]\nx = 1\n")
    (folder / "common.config.ini.php").write_text(
        "[General]\na[] = 3\nb[] = 3\nb[] = 4\nc = 2\n[New]\ny = 1\n"
    )
    (folder / "config.ini.php").write_text("[General]\nb[] = 5\n")
    matomo = read_matomo_files(tmp_path)
    assert matomo.section("General") == {"a": ("3", "2"), "b": ("5",), "c": "2"}
    assert (matomo.texts("Tracker"), matomo.texts("New")) == ({"x": "1"}, {"y": "1"})


@pytest.mark.parametrize(("charset", "kept"), [("utf8mb4", True), ("UTF8MB4", True), ("utf8", False)])
def test_an_old_character_set_is_told(tmp_path: Path, charset: str, kept: bool) -> None:  # noqa: FBT001
    """Matomo replaces characters that its connection can not carry, and so do we; utf8 is its default."""
    local = LOCAL.replace('tables_prefix = "piwik_"', f"charset = {charset}")
    assert files(tmp_path, local).configured().four_byte_text is kept


def test_the_version_is_read_from_the_code(tmp_path: Path) -> None:
    """For the log; a folder without code has none."""
    matomo = files(tmp_path)
    assert matomo.version == "unknown"
    (tmp_path / "core").mkdir()
    (tmp_path / "core/Version.php").write_text("<?php final class Version { const VERSION = '5.9.1'; }")
    assert matomo.version == "5.9.1"


def test_missing_files_are_named(tmp_path: Path) -> None:
    """The error says which file."""
    with pytest.raises(ConfigurationError, match=r"config/global\.ini\.php"):
        read_matomo_files(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/global.ini.php").write_text(GLOBAL)
    with pytest.raises(ConfigurationError, match=r"config/config\.ini\.php"):
        read_matomo_files(tmp_path)
