"""What Matomo's tables say that we have to agree with: the QueuedTracking plugin's settings, the location provider.

Source: the plugin's system settings, which Matomo keeps in `plugin_setting` unless config.ini.php has them in a section
of the plugin's name; values that were never changed are in neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, inspect, text

from qtd.config.redis import Redis
from qtd.config.root import Config
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.engine.location_provider import PROVIDER_OPTION, NoLocations
from qtd.engine.php import truthy
from qtd.store.geoip import GeoIpDatabase, open_locations
from qtd.store.settings.matomo_files import MatomoFiles

_PLUGIN: Final = "QueuedTracking"

#: Those that matter to us, with the plugin's defaults; its password is never read.
_DEFAULTS: Final[Mapping[str, str]] = {
    "backend": "redis",
    "queueEnabled": "0",
    "numQueueWorkers": "1",
    "processDuringTrackingRequest": "1",
    "useWhatRedisBackendType": "1",
    "redisHost": "127.0.0.1",
    "redisPort": "6379",
    "redisDatabase": "0",
    "sentinelMasterName": "mymaster",
}
_MODES: Final = {"1": "standalone", "2": "sentinel", "3": "cluster"}


def check_plugin(config: Config, files: MatomoFiles, connection: Connection) -> Iterator[Check]:
    """Judge whether the plugin and we would use the same queues."""
    name, needed = "matomo.queuedtracking", config.engine == "console"
    if _PLUGIN not in files.plugins:
        if needed:
            yield wrong(
                name, "the plugin is not active, and engine console has it record", "activate it in Matomo"
            )
        else:
            yield fine(name, "the plugin is not active")
        return
    settings = _settings(files, connection, config.database.tables_prefix)
    enabled = truthy(settings["queueEnabled"])
    different = list(_differences(config, settings))
    state = "active, its queue enabled" if enabled else "active, its queue disabled"
    if different:
        judge = wrong if enabled or needed else doubtful
        yield judge(
            name,
            f"{state}; other queues than ours: {'; '.join(different)}",
            "make both the same, or disable the queue in the plugin, once it is empty: what PHP queues elsewhere is"
            " recorded by nobody of ours, and a visitor's requests may change their order",
        )
    elif enabled and truthy(settings["processDuringTrackingRequest"]):
        yield doubtful(
            name,
            f"{state}, the same queues; it also records during tracking requests",
            "turn 'Process during tracking request' off in the plugin: PHP knows neither fence nor ledger of ours",
        )
    elif config.queue.entry_form != "plugin":
        yield fine(
            name, f"{state}, the same queues; entries are compact, so queuedtracking:process must not run"
        )
    else:
        yield fine(name, f"{state}, the same queues")


def _settings(files: MatomoFiles, connection: Connection, prefix: str) -> dict[str, str]:
    names = ",".join(f"'{name}'" for name in _DEFAULTS)
    rows = connection.execute(
        text(
            f"SELECT setting_name, setting_value FROM `{prefix}plugin_setting`"
            f" WHERE plugin_name = '{_PLUGIN}' AND user_login = '' AND setting_name IN ({names})"
        )
    )
    stored = {name: str(value) for name, value in rows}
    fixed = {name: value for name, value in files.texts(_PLUGIN).items() if name in _DEFAULTS}
    return {**_DEFAULTS, **stored, **fixed}


def _differences(config: Config, settings: Mapping[str, str]) -> Iterator[str]:
    theirs = "sql" if settings["backend"] == "mysql" else "redis"
    if theirs != config.queue.backend:
        yield f"its backend is {settings['backend']}, queue.backend is {config.queue.backend}"
    elif theirs == "sql":
        yield "its queues are in tables of its own"
    else:
        yield from _redis_differences(config.redis, settings)
    if config.queue.entry_form != "plugin" and truthy(settings["processDuringTrackingRequest"]):
        yield f"it records during tracking requests; queue.entries is {config.queue.entry_form}, which PHP can not read"
    if settings["numQueueWorkers"] != str(config.queue.count):
        yield f"it has {settings['numQueueWorkers']} queues, queue.count is {config.queue.count}"


def _redis_differences(redis: Redis, settings: Mapping[str, str]) -> Iterator[str]:
    mode = _MODES.get(settings["useWhatRedisBackendType"], "standalone")
    if mode != redis.mode:
        yield f"its Redis is {mode}, redis.mode is {redis.mode}"
        return
    if mode == "sentinel" and settings["sentinelMasterName"] != redis.sentinel.master_name:
        yield f"its master is {settings['sentinelMasterName']}, ours {redis.sentinel.master_name}"
    if mode != "cluster" and settings["redisDatabase"] != str(redis.database):
        yield f"its database is {settings['redisDatabase']}, redis.database is {redis.database}"
    if mode == "standalone":
        host, port = settings["redisHost"], settings["redisPort"]
        theirs = host if host.startswith("/") else f"{host}:{port}"
        ours = str(redis.unix_socket or redis.hosts[0])
        if _plain(theirs) != _plain(ours):
            yield f"its server is {theirs}, ours {ours}"


def _plain(address: str) -> str:
    return address.replace("localhost", "127.0.0.1")


def check_location_provider(config: Config, files: MatomoFiles, connection: Connection) -> Iterator[Check]:
    """Judge whether what was chosen in Matomo can be done."""
    name = "matomo.location_provider"
    statement = text(
        f"SELECT option_value FROM `{config.database.tables_prefix}option` WHERE option_name = :name"
    )
    chosen = connection.scalar(statement, {"name": PROVIDER_OPTION})
    provider = config.matomo.options.get(PROVIDER_OPTION) or chosen or ""
    locations = open_locations(files.path)
    if isinstance(locations, GeoIpDatabase):
        locations.close()
    if provider == "geoip2php" and isinstance(locations, NoLocations):
        yield doubtful(
            name,
            "a GeoIP database is chosen (geoip2php), but there is none in misc/",
            "download one in Matomo's settings (Geolocation), or copy it into misc/",
        )
    else:
        yield fine(name, provider or "none chosen: by language")


def check_salt_without_folder(config: Config, connection: Connection) -> Iterator[Check]:
    """Tokens of users in the tables are recognised with Matomo's salt only."""
    if config.matomo.salt is not None:
        return
    table = f"{config.database.tables_prefix}user_token_auth"
    if inspect(connection).has_table(table) and connection.scalar(text(f"SELECT 1 FROM `{table}` LIMIT 1")):
        yield wrong(
            "matomo.salt",
            "the database is a Matomo's, but its salt is not known: no token is recognised, fingerprints differ",
            "set matomo.path, or matomo.salt_file with [General] salt of its config.ini.php",
        )
