from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from sqlalchemy import Engine, text

from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.engine.device import Definitions
from qtd.engine.device.codes import Codes
from qtd.errors import Transient
from qtd.queue.sql import SqlQueues
from qtd.store.create import create_tables
from qtd.store.native import BatchResult, NativeRecorder
from qtd.store.settings.beside_matomo import beside_matomo
from qtd.worker.assemble import native_recorder, open_database
from tests.fake_clock import FakeClock
from tests.integration.matomo.conftest import PREFIX
from tests.integration.matomo.installation import MatomoFolder
from tests.servers.certificates import Certificates
from tests.servers.mariadb import MariaDbServer, running_mariadb

NOW = 1_794_304_800
#: A rule for agents that exists nowhere else.
INVENTED = Definitions(
    origin="",
    bots=[{"regex": "NoRobot", "name": "NoRobot"}],
    operating_systems=[{"regex": "FrobOS", "name": "FrobOS", "version": ""}],
    clients={
        kind: [{"regex": "Nothing", "name": "Nothing", "version": ""}]
        for kind in ("feed reader", "mobile app", "mediaplayer", "pim", "library")
    },
    browsers=[
        {
            "regex": r"Frobnicator/(\d+)",
            "name": "Frobnicator",
            "version": "$1",
            "engine": {"default": "Blink"},
        }
    ],
    engines=[{"regex": "Blink", "name": "Blink"}],
    hardware={
        kind: {"Frob": {"regex": "NoDevice", "device": "desktop", "model": ""}}
        for kind in (
            *("televisions", "shell_tv", "notebooks", "consoles", "car_browsers", "cameras"),
            *("portable_media_player", "mobiles"),
        )
    },
    vendor_fragments={"Frob": ["NoFragment"]},
    app_hints={"x": "X"},
    browser_hints={"x": "X"},
    codes=Codes(
        systems={"FRO": "FrobOS"},
        system_families={"Frob": ["FRO"]},
        browsers={"FB": "Frobnicator"},
        browser_families={"Frob": ["FB"]},
        mobile_browsers=frozenset({"XX"}),
        engines=("Blink",),
        brands={"FR": "Frob"},
    ),
)


def entry(number: int = 1, *, server: Mapping[str, str] | None = None, **params: Any) -> bytes:
    """A stored entry with one page view of visitor `number`."""
    request = {
        "idsite": "1",
        "rec": "1",
        "url": f"http://example.org/{number}",
        "_id": f"{number:016x}",
        **params,
    }
    client = {
        "REMOTE_ADDR": "81.2.69.9",
        "HTTP_USER_AGENT": "Mozilla/5.0 (FrobOS) Frobnicator/7",
        **(server or {}),
    }
    env = {"server": client, "cookie": []}
    return orjson.dumps(
        {"requests": [request], "env": env, "tokenAuth": False, "time": NOW + number, "id": f"e{number}"}
    )


def prepare(url: str) -> Engine:
    """Matomo's tables with its prefix, and two sites in them."""
    engine = open_engine(url)
    create_tables(engine, PREFIX)
    for idsite in (1, 2):
        run(
            engine,
            f"INSERT INTO {PREFIX}site (idsite, name, main_url, ts_created, timezone, currency, excluded_ips,"
            " excluded_parameters, excluded_user_agents, excluded_referrers, sitesearch_keyword_parameters,"
            " sitesearch_category_parameters, `group`, type, creator_login)"
            f" VALUES ({idsite}, 'a', 'http://example.org', '2020-01-01', 'UTC', 'EUR', '', '', '', '', '', '',"
            " '', 'website', 'me')",
        )
    return engine


def run(engine: Engine, statement: str) -> None:
    """Change something behind everybody's back."""
    with writing(engine) as connection:
        connection.execute(text(statement))


def rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def beside(matomo: MatomoFolder, **sections: Any) -> Config:
    """Our configuration beside that Matomo."""
    return beside_matomo(Config.model_validate({"matomo": {"path": str(matomo.path)}, **sections}))


def recorder_beside(matomo: MatomoFolder, clock: FakeClock) -> NativeRecorder:
    """What a worker beside it records with."""
    config = beside(matomo)
    return native_recorder(config, open_database(config), clock)


def record(recorder: NativeRecorder, batch: list[bytes]) -> BatchResult:
    """Record without queue and lock."""
    return recorder.record(0, batch, fence=None)


@pytest.fixture
def folder(bare: Callable[..., MatomoFolder], mariadb_url: str) -> MatomoFolder:
    """Give a folder whose device patterns know one invented browser, and nothing else in it."""
    matomo = bare(mariadb_url)
    matomo.add_device_detector(INVENTED)
    return matomo


@pytest.fixture
def engine(mariadb_url: str) -> Engine:
    """Give Matomo's tables."""
    return prepare(mariadb_url)


def test_patterns_lists_and_locations_are_the_installations(folder: MatomoFolder, engine: Engine) -> None:
    """Its device patterns, its search engines, and its GeoIP database, not those shipped."""
    folder.add_geoip()
    run(
        engine,
        f"INSERT INTO {PREFIX}option (option_name, option_value, autoload)"
        " VALUES ('usercountry.location_provider', 'geoip2php', 0)",
    )
    folder.write(
        "vendor/matomo/searchengine-and-social-list/SearchEngines.yml",
        "Frobsearch: [{urls: [search.frob.example], params: [frob]}]\n",
    )
    recorder = recorder_beside(folder, FakeClock(now=NOW))
    referrer = "http://search.frob.example/?frob=words"
    assert record(recorder, [entry(urlref=referrer)]).recorded == 1
    assert rows(
        engine,
        "SELECT config_browser_name, config_os, referer_name, referer_keyword, location_country, location_city"
        f" FROM {PREFIX}log_visit",
    ) == [("FB", "FRO", "Frobsearch", "words", "gb", "Boxford")]


@pytest.mark.parametrize(("synchronised", "name"), [("1", "Newer"), ("0", "Older")])
def test_lists_that_matomo_has_fetched_go_first(
    folder: MatomoFolder, engine: Engine, synchronised: str, name: str
) -> None:
    """It keeps them in its option table, and reads them there unless that is switched off."""
    folder.configure({"General": {"enable_referrer_definition_syncs": synchronised}})
    folder.write("vendor/matomo/searchengine-and-social-list/Socials.yml", "Older: [frob.example]\n")
    run(
        engine,
        f"INSERT INTO {PREFIX}option (option_name, option_value, autoload) VALUES"
        " ('SocialDefinitions', TO_BASE64('a:1:{s:12:\"frob.example\";s:5:\"Newer\";}'), 0)",
    )
    record(recorder_beside(folder, FakeClock(now=NOW)), [entry(urlref="http://frob.example/")])
    assert rows(engine, f"SELECT referer_type, referer_name FROM {PREFIX}log_visit") == [(7, name)]


def test_settings_are_matomos_also_for_one_site(folder: MatomoFolder, engine: Engine) -> None:
    """[Tracker], [Tracker_<idsite>] and the proxy keys of [General]."""
    folder.configure(
        {
            "Tracker": {"visit_standard_length": "10"},
            "Tracker_2": {"exclude_requests": "action_name==secret"},
            "General": {"proxy_client_headers": ["HTTP_X_REAL_IP"]},
        }
    )
    recorder = recorder_beside(folder, FakeClock(now=NOW))
    proxied = {"HTTP_X_REAL_IP": "203.0.113.77"}
    batch = [
        entry(1, _id="a" * 16, server=proxied),
        entry(15, _id="a" * 16, server=proxied),
        entry(16, action_name="secret"),
        entry(17, action_name="secret", idsite="2"),
    ]
    result = record(recorder, batch)
    assert (result.recorded, dict(result.rules)) == (3, {"excluded_request": 1})
    visits = rows(engine, f"SELECT idsite, INET6_NTOA(location_ip) FROM {PREFIX}log_visit ORDER BY idvisit")
    assert visits == [(1, "203.0.0.0"), (1, "203.0.0.0"), (1, "81.2.0.0")]


def test_changes_are_seen_within_the_cache_time(folder: MatomoFolder, engine: Engine) -> None:
    """Of the files and of the database alike, after `tracker_cache_file_ttl`, and not before."""
    folder.configure({"Tracker": {"tracker_cache_file_ttl": "60"}})
    clock = FakeClock(now=NOW)
    recorder = recorder_beside(folder, clock)
    assert record(recorder, [entry(1)]).recorded == 1
    folder.configure({"Tracker": {"exclude_requests": "action_name==secret"}})
    run(engine, f"DELETE FROM {PREFIX}site WHERE idsite = 2")
    clock.advance(59)
    assert record(recorder, [entry(2, action_name="secret"), entry(3, idsite="2")]).recorded == 2
    clock.advance(1)
    later = record(recorder, [entry(4, action_name="secret"), entry(5, idsite="2"), entry(6)])
    assert (later.recorded, dict(later.rules)) == (1, {"excluded_request": 1, "unknown_site": 1})


def test_a_file_that_is_half_written_is_waited_for(folder: MatomoFolder, engine: Engine) -> None:
    """While it runs that is no reason to end, nor to record with other settings; the batch is done later."""
    clock = FakeClock(now=NOW)
    recorder = recorder_beside(folder, clock)
    assert record(recorder, [entry(1)]).recorded == 1
    config = folder.path / "config/config.ini.php"
    whole = config.read_text()
    config.write_text(whole[: whole.index("username") + 12])
    clock.advance(300)
    with pytest.raises(Transient, match=r"config\.ini\.php"):
        record(recorder, [entry(2)])
    config.write_text(whole)
    assert record(recorder, [entry(2)]).recorded == 1
    assert rows(engine, f"SELECT COUNT(*) FROM {PREFIX}log_link_visit_action") == [(2,)]


def test_characters_of_four_bytes_where_the_connection_has_three(
    folder: MatomoFolder, engine: Engine
) -> None:
    """With `charset = utf8` Matomo replaces them before it looks at anything, so users' hashes differ, too."""
    folder.configure({"database": {"charset": "utf8"}})
    recorder = recorder_beside(folder, FakeClock(now=NOW))
    record(recorder, [entry(1, uid="\U0001f600", action_name="a \U0001f600"), entry(2, uid="\ufffd")])
    assert rows(engine, f"SELECT user_id, visit_total_actions FROM {PREFIX}log_visit") == [("\ufffd", 2)]
    assert ("a \ufffd",) in rows(engine, f"SELECT name FROM {PREFIX}log_action")


def test_the_database_is_reached_by_its_socket(
    bare: Callable[..., MatomoFolder], mariadb_server: MariaDbServer, mariadb_url: str
) -> None:
    """As [database] says, without host and port."""
    matomo = bare(mariadb_url, host="localhost", unix_socket=str(mariadb_server.unix_socket))
    assert rows(open_database(beside(matomo)), "SELECT 1") == [(1,)]


def test_the_database_is_reached_encrypted(
    bare: Callable[..., MatomoFolder], certificates: Certificates
) -> None:
    """With its authority the server is checked, with another refused, and `ssl_no_verify` asks nothing."""
    options = (f"--ssl-cert={certificates.server.certificate}", f"--ssl-key={certificates.server.key}")
    with running_mariadb(*options) as server:
        schema = server.create_schema()
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE USER safe@'%' IDENTIFIED BY 'geheim' REQUIRE SSL")
            cursor.execute(f"GRANT ALL ON {schema}.* TO safe@'%'")

        def cipher(**tls: str) -> str:
            account = {"username": "safe", "password": "geheim", "enable_ssl": "1"}
            reached = open_database(beside(bare(server.url(schema), **account, **tls)))
            return str(rows(reached, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1])

        right, wrong = str(certificates.authority.certificate), str(certificates.stranger.certificate)
        assert cipher(ssl_ca=right).startswith("TLS")
        assert cipher(ssl_ca=wrong, ssl_no_verify="1").startswith("TLS")
        with pytest.raises(Transient, match="certificate verify failed"):
            cipher(ssl_ca=wrong)


def qtd(
    tmp_path: Path, matomo: MatomoFolder, *command: str, **settings: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command with a file that names the folder, and has the queues in the same database."""
    file = tmp_path / "qtd.yaml"
    file.write_text(
        yaml.safe_dump(
            {
                "matomo": {"path": str(matomo.path), **settings},
                "queue": {"backend": "sql", "count": 1},
                "log": {"format": "human"},
                "state_directory": str(tmp_path),
            }
        )
    )
    return subprocess.run(
        [sys.executable, "-m", "qtd", *command, "--config", str(file)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_process_records_into_matomos_tables(
    tmp_path: Path, folder: MatomoFolder, engine: Engine, mariadb_url: str
) -> None:
    """With nothing but `matomo.path`; a plugin that is allowed is told of, one that is not ends the start by name.

    A column that an older Matomo lacks is left out; one that insists on an unknown value ends the start by name, too.
    """
    SqlQueues(open_engine(mariadb_url), count=1, prefix=PREFIX).push([(0, entry(1)), (0, entry(2))])
    run(engine, f"ALTER TABLE {PREFIX}log_visit DROP COLUMN config_client_type")
    folder.configure({"Plugins": {"Plugins": ["Goals", "Shoes"]}})

    refused = qtd(tmp_path, folder, "process", "--no-wait")
    assert refused.returncode == 2
    assert "matomo.allow_plugins" in refused.stderr
    assert "Shoes" in refused.stderr

    run(engine, f"ALTER TABLE {PREFIX}log_visit ADD COLUMN shoe_size INT NOT NULL")
    strange = qtd(tmp_path, folder, "process", "--no-wait", allow_plugins=["Shoes"])
    assert strange.returncode == 2
    assert f"{PREFIX}log_visit.shoe_size" in strange.stderr
    run(engine, f"ALTER TABLE {PREFIX}log_visit DROP COLUMN shoe_size")

    done = qtd(tmp_path, folder, "process", "--no-wait", "--json", allow_plugins=["Shoes"])
    assert done.returncode == 0, done.stderr
    assert orjson.loads(done.stdout.splitlines()[-1])["recorded"] == 2
    assert "plugins_ignored" in done.stderr
    assert "Shoes" in done.stderr
    assert rows(engine, f"SELECT config_browser_name, visit_total_actions FROM {PREFIX}log_visit") == [
        ("FB", 2)
    ]


def test_an_empty_database_is_not_made_matomos(tmp_path: Path, folder: MatomoFolder) -> None:
    """Its tables are Matomo's to make: without them something else is wrong, and that is said."""
    found = qtd(tmp_path, folder, "process", "--no-wait")
    assert found.returncode == 2
    assert "Matomo's tables are not in the database" in found.stderr
    assert f"{PREFIX}log_visit" in found.stderr
