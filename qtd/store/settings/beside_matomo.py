"""The configuration beside a Matomo: what its files say of the database, where our own file does not.

Key by key: `database.url` and its password, `database.tables_prefix`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import SecretStr

from qtd.config.root import Config
from qtd.errors import ConfigurationError
from qtd.log.event import Event
from qtd.log.events.store import MatomoRead, PluginsIgnored, PluginsInactive
from qtd.store.settings.matomo_database import database_access
from qtd.store.settings.matomo_files import MatomoFiles, read_matomo_files
from qtd.store.settings.tracker_plugins import tracker_plugins

_PREFIX = re.compile(r"[A-Za-z0-9_]{0,32}")


def beside_matomo(config: Config) -> Config:
    """The configuration completed by the files of `matomo.path`; the same one where that is not set.

    Raises:
        ConfigurationError: the files can not be read or do not say enough, or a plugin that is active in Matomo
            records what the native engine does not, and `matomo.allow_plugins` does not name it.
    """
    path = config.matomo.path
    if path is None:
        return config
    files = read_matomo_files(path)
    _check_plugins(config, files)
    database = config.database
    changes: dict[str, object] = {}
    if database.url is None:
        access = database_access(files)
        changes["url"] = SecretStr(access.url)
        changes["password"] = SecretStr(access.password) if access.password else None
    if "tables_prefix" not in database.model_fields_set:
        if not _PREFIX.fullmatch(files.tables_prefix):
            raise ConfigurationError(
                f"{files.local}: [database] tables_prefix: {files.tables_prefix!r}:"
                " at most 32 letters, digits and _ are supported"
            )
        changes["tables_prefix"] = files.tables_prefix
    return config.model_copy(update={"database": database.model_copy(update=changes)})


def remarks(config: Config) -> Iterator[Event]:
    """What is to be told of the Matomo beside us at start. Raises as `beside_matomo` does."""
    if config.matomo.path is None:
        return
    files = read_matomo_files(config.matomo.path)
    plugins = tracker_plugins(files)
    yield MatomoRead(path=str(files.path), version=files.version)
    if plugins.unknown:
        yield PluginsIgnored(plugins=", ".join(plugins.unknown))
    if plugins.inactive:
        yield PluginsInactive(plugins=", ".join(plugins.inactive))


def _check_plugins(config: Config, files: MatomoFiles) -> None:
    if config.engine != "native":
        return
    unknown = [name for name in tracker_plugins(files).unknown if name not in config.matomo.allow_plugins]
    if unknown:
        raise ConfigurationError(
            f"matomo.allow_plugins: active in {files.path} and recording what qtd does not know:"
            f" {', '.join(unknown)}; name them here to record without what they add"
        )
