"""What our YAML file says in the place of Matomo's files and tables."""

from __future__ import annotations

from dataclasses import replace

from qtd.config.goal import Goal as ConfiguredGoal
from qtd.config.root import Config
from qtd.config.site import Site as ConfiguredSite
from qtd.engine.authentication import hash_token
from qtd.engine.site import Goal, Site
from qtd.store.settings.load import Configured
from qtd.store.settings.matomo_files import read_matomo_files
from qtd.store.settings.sites import site_of


def configured_by(config: Config) -> Configured:
    """Matomo's files where `matomo.path` names them, with what our own file says on top.

    Raises:
        ConfigurationError: Matomo's files can not be read.
    """
    matomo = config.matomo
    base = Configured() if matomo.path is None else read_matomo_files(matomo.path).configured()
    options = {**base.options, **matomo.options}
    salt = base.salt if matomo.salt is None else matomo.salt.get_secret_value()
    return replace(
        base,
        salt=salt,
        tracker={**base.tracker, **matomo.tracker},
        general={**base.general, **matomo.general},
        options=options,
        super_user_tokens=_super_user_tokens(config, salt),
        sites={site.idsite: _site(site, options) for site in config.sites},
    )


def _super_user_tokens(config: Config, salt: str) -> frozenset[str]:
    """Those of the configuration: engine http replays with its own also where Matomo's tables are out of reach."""
    tokens = [config.matomo.super_user_token, config.http.token if config.engine == "http" else None]
    return frozenset(hash_token(token.get_secret_value(), salt) for token in tokens if token is not None)


def _site(site: ConfiguredSite, options: dict[str, str]) -> Site:
    row = {
        "idsite": site.idsite,
        "main_url": site.main_url,
        "urls": list(site.urls),
        "timezone": site.timezone,
        "currency": site.currency,
        "ecommerce": site.ecommerce,
        "sitesearch": site.sitesearch,
        "sitesearch_keyword_parameters": ",".join(site.sitesearch_keyword_parameters),
        "sitesearch_category_parameters": ",".join(site.sitesearch_category_parameters),
        "exclude_unknown_urls": site.exclude_unknown_urls,
        "excluded_ips": ",".join(site.excluded_ips),
        "excluded_parameters": ",".join(site.excluded_parameters),
        "excluded_user_agents": ",".join(site.excluded_user_agents),
        "excluded_referrers": ",".join(site.excluded_referrers),
        "keep_url_fragment": 1 if site.keep_url_fragment else 0,
        "ts_created": None,
        "type": "website",
    }
    return replace(site_of(row, options), goals=tuple(map(_goal, site.goals)))


def _goal(goal: ConfiguredGoal) -> Goal:
    return Goal(
        idgoal=goal.idgoal,
        match_attribute=goal.match_attribute,
        pattern=goal.pattern,
        pattern_type=goal.pattern_type,
        case_sensitive=goal.case_sensitive,
        allow_multiple=goal.allow_multiple,
        revenue=goal.revenue,
        event_value_as_revenue=goal.event_value_as_revenue,
    )
