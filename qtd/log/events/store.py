"""What is found, and made where it is missing, in the database and in Matomo's files."""

from __future__ import annotations

from dataclasses import dataclass
from logging import WARNING
from typing import ClassVar

from qtd.log.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class TablesCreated(Event):
    """Tables that were missing have been created."""

    #: how many
    tables: int
    server: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MatomoRead(Event):
    """Configuration, lists and patterns are those of a Matomo on this machine."""

    #: its folder
    path: str
    #: `unknown` where its code does not say
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsIgnored(Event):
    """Plugins that are active in Matomo record something that the rows will lack, as the configuration allows."""

    level: ClassVar[int] = WARNING
    #: `Bandwidth, Provider`
    plugins: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PluginsInactive(Event):
    """Plugins that record are not active in Matomo; the rows will be as if they were."""

    level: ClassVar[int] = WARNING
    #: `Contents, Events`
    plugins: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsKept(Event):
    """Matomo's settings could not be read again: the old ones stay in force."""

    level: ClassVar[int] = WARNING
    cause: str
