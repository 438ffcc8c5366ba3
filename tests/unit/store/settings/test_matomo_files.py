from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

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


def test_database_url_survives_special_characters(tmp_path: Path) -> None:
    """Account and name may hold anything; the password stays out of the URL."""
    url, password = files(tmp_path).database_url()
    parsed = make_url(url)
    assert (parsed.host, parsed.port) == ("db.example", 3306)
    assert (parsed.username, parsed.database) == ("mat@omo", "matomo db")
    assert password == 'p"w:/@'
    assert password not in url


def test_a_socket_in_the_place_of_the_port(tmp_path: Path) -> None:
    """Matomo takes a path there, too."""
    local = LOCAL.replace('host = "db.example"', "port = /run/mysqld/mysqld.sock")
    url, _ = files(tmp_path, local).database_url()
    assert make_url(url).query == {"unix_socket": "/run/mysqld/mysqld.sock"}


def test_tls(tmp_path: Path) -> None:
    """With an authority given the server's certificate is checked, unless Matomo does not either."""
    local = LOCAL.replace("[General]", "enable_ssl = 1\nssl_ca = /etc/ca.pem\n[General]")
    url, _ = files(tmp_path, local).database_url()
    assert make_url(url).query == {"ssl_ca": "/etc/ca.pem", "ssl_verify_cert": "true"}


def test_missing_files_and_keys_are_named(tmp_path: Path) -> None:
    """The error says which file or which key."""
    with pytest.raises(ConfigurationError, match=r"config/global\.ini\.php"):
        read_matomo_files(tmp_path)
    with pytest.raises(ConfigurationError, match="dbname"):
        files(tmp_path, LOCAL.replace("dbname", "other")).database_url()
