"""`matomo`: the installation beside us, or what its configuration files would say."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from qtd.config.matomo_keys import GENERAL_KEYS, TRACKER_KEYS
from qtd.config.section import ListOf, Section
from qtd.config.values import PathValue, Text


def _as_ini(value: object) -> object:
    """Write a scalar as Matomo's INI files hold it: text, with true and false as 1 and 0."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return tuple(_as_ini(item) for item in value)
    return value


def _known(values: Mapping[str, object], known: frozenset[str], section: str) -> None:
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"recording knows no {name!r} of Matomo's [{section}]{hint}")


def _tracker(values: Mapping[str, str]) -> Mapping[str, str]:
    _known(values, TRACKER_KEYS, "Tracker")
    return values


def _general(values: Mapping[str, IniValue]) -> Mapping[str, IniValue]:
    _known(values, GENERAL_KEYS, "General")
    return values


IniText = Annotated[str, BeforeValidator(_as_ini)]
IniValue = Annotated[str | tuple[str, ...], BeforeValidator(_as_ini)]


class Matomo(Section):
    """Matomo's own settings, as far as recording depends on them."""

    path: PathValue | None = Field(
        None, description="Matomo's folder, whose configuration, lists and regular expressions are used"
    )
    allow_plugins: ListOf[Text] = Field(
        (), description="active plugins of that Matomo whose share of tracking may be missing from the rows"
    )
    salt: SecretStr | None = Field(
        None, description="[General] salt; part of device fingerprints and token hashes"
    )
    salt_file: PathValue | None = Field(None, description="file that holds the salt")
    super_user_token: SecretStr | None = Field(
        None,
        description="a token_auth that may do everything (cip, cdt …), beside those in Matomo's tables",
    )
    super_user_token_file: PathValue | None = Field(None, description="file that holds it")
    tracker: Annotated[Mapping[str, IniText], AfterValidator(_tracker)] = Field(
        {}, description="[Tracker] keys that replace Matomo's defaults, such as {visit_standard_length: 3600}"
    )
    general: Annotated[Mapping[str, IniValue], AfterValidator(_general)] = Field(
        {}, description="[General] keys that replace Matomo's defaults, such as {proxy_ips: [10.0.0.*]}"
    )
    options: Mapping[str, IniText] = Field(
        {}, description="rows of the option table, such as {PrivacyManager.ipAnonymizerEnabled: 0}"
    )
