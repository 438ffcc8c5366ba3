"""Puts the settings together: what the files or our own configuration say, and what lies in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from qtd.engine.settings import GENERAL_DEFAULTS, TRACKER_DEFAULTS, Settings
from qtd.engine.site import Site
from qtd.store.settings.dimensions import read_dimensions
from qtd.store.settings.goals import read_goals
from qtd.store.settings.options import privacy_of, read_options
from qtd.store.settings.sites import read_sites
from qtd.store.settings.tokens import read_tokens


@dataclass(frozen=True, kw_only=True)
class Configured:
    """What does not come from the database: Matomo's INI files, or our YAML file."""

    #: [General] salt
    salt: str = ""
    #: [Tracker] and [General], only what differs from Matomo's defaults
    tracker: Mapping[str, str] = field(default_factory=dict)
    general: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    #: whether the database is said to take characters beyond U+FFFF ([database] charset = utf8mb4)
    four_byte_text: bool = True
    #: [Tracker_<idsite>] by idsite
    site_tracker: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    #: rows of the option table that go before those in the database
    options: Mapping[str, str] = field(default_factory=dict)
    #: hashed tokens that are super users' beside those in the database
    super_user_tokens: frozenset[str] = frozenset()
    #: sites that go before those in the database
    sites: Mapping[int, Site] = field(default_factory=dict)


def load_settings(connection: Connection, prefix: str, configured: Configured, *, now: float) -> Settings:
    """One consistent view of the settings; `now` (Unix seconds) decides which tokens have expired."""
    options = {**read_options(connection, prefix), **configured.options}
    tokens = read_tokens(connection, prefix, now)
    tracker = {**TRACKER_DEFAULTS, **configured.tracker}
    goals = read_goals(connection, prefix)
    dimensions = read_dimensions(connection, prefix)
    sites = read_sites(
        connection, prefix, options, goals=goals, dimensions=dimensions, tracker=configured.site_tracker
    )
    for idsite, site in configured.sites.items():
        # What our file does not say of a site may lie in the tables.
        sites[idsite] = replace(
            site, goals=site.goals or goals.get(idsite, ()), dimensions=dimensions.get(idsite, ())
        )
    return Settings(
        salt=configured.salt,
        sites=sites,
        tracker=tracker,
        general={**GENERAL_DEFAULTS, **configured.general},
        four_byte_text=configured.four_byte_text,
        privacy=privacy_of(options),
        options=options,
        super_user_tokens=tokens.super_users | configured.super_user_tokens,
        site_tokens=tokens.sites,
    )
