"""The lists that referrers are recognised by: Matomo's own where there is an installation, else those shipped with qtd.

An installation keeps them under `vendor/matomo/`; what it fetched later lies in its option table and comes
first.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from qtd.engine.referrer_recognition import ReferrerLists
from qtd.errors import ConfigurationError
from qtd.store.php_serialized import unserialize

#: Rows of the option table that hold a list (search engines and social networks in Base64).
SEARCH_ENGINES_OPTION = "SearchEngineDefinitions"
SOCIAL_NETWORKS_OPTION = "SocialDefinitions"
SPAMMERS_OPTION = "referrer_spam_blacklist"

_SHIPPED = files("qtd.engine") / "data"
_REFERRERS = "vendor/matomo/searchengine-and-social-list"
_SPAM = "vendor/matomo/referrer-spam-list"

# libyaml's parser is ten times as fast, but not every PyYAML comes with it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_referrer_lists(
    matomo_path: Path | None = None, *, options: Mapping[str, str] | None = None
) -> ReferrerLists:
    """Load all lists. `ConfigurationError` names the file that can not be read.

    `options` are rows of the option table; leave the search engines and social networks out where Matomo does
    not synchronise them (`[General] enable_referrer_definition_syncs` off). A row that is broken counts as missing.
    """
    options = options or {}
    engines = _from_option(options.get(SEARCH_ENGINES_OPTION, ""), in_base64=True)
    networks = _from_option(options.get(SOCIAL_NETWORKS_OPTION, ""), in_base64=True)
    spammers = _from_option(options.get(SPAMMERS_OPTION, ""), in_base64=False)
    return ReferrerLists(
        search_engines={
            str(host): {key: _as_list(value) for key, value in definition.items()}
            for host, definition in engines.items()
            if isinstance(definition, dict) and "name" in definition
        }
        or _search_engines(_file("SearchEngines.yml", _REFERRERS, matomo_path)),
        social_networks={str(domain): str(name) for domain, name in networks.items()}
        or _social_networks(_file("Socials.yml", _REFERRERS, matomo_path)),
        spammers=tuple(str(domain) for domain in spammers.values() if domain)
        or _spammers(_file("spammers.txt", _SPAM, matomo_path)),
    )


def _from_option(value: str, *, in_base64: bool) -> dict[Any, Any]:
    try:
        data = base64.b64decode(value, validate=True) if in_base64 else value.encode()
        found = unserialize(data) if data else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _as_list(value: Any) -> Any:
    """Make PHP's array of a definition's parameters a list."""
    return list(value.values()) if isinstance(value, dict) else value


def _file(name: str, folder: str, matomo_path: Path | None) -> Path | Traversable:
    if matomo_path is not None:
        installed = matomo_path / folder / name
        if installed.is_file():
            return installed
    return _SHIPPED / name


def _read(file: Path | Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: can not be read: {error}") from error


def _read_yaml(file: Path | Traversable) -> Mapping[Any, Any]:
    try:
        content = yaml.load(_read(file), Loader=_Loader)  # noqa: S506 - both loaders are safe ones
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file}: must be a mapping of names")
    return content


def _search_engines(file: Path | Traversable) -> dict[str, dict[str, Any]]:
    """The list by host instead of by name; the last of several entries for a host counts."""
    by_host: dict[str, dict[str, Any]] = {}
    for name, entries in _read_yaml(file).items():
        if not isinstance(entries, list):
            continue
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("urls"), list):
                raise ConfigurationError(f"{file}: {name}: every entry needs a list `urls`")
            definition = {key: value for key, value in entry.items() if key != "urls"} | {"name": str(name)}
            by_host.update(dict.fromkeys(map(str, entry["urls"]), definition))
    return by_host


def _social_networks(file: Path | Traversable) -> dict[str, str]:
    return {
        str(domain): str(name)
        for name, domains in _read_yaml(file).items()
        if isinstance(domains, list)
        for domain in domains
    }


def _spammers(file: Path | Traversable) -> tuple[str, ...]:
    return tuple(line for line in _read(file).split("\n") if line)
