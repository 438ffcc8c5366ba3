"""What the engine knows of a tracked site: its attributes, goals and custom dimensions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cached_property

from qtd.engine.site_zone import site_zone


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A row of Matomo's `goal` table; deleted goals are not loaded."""

    idgoal: int
    #: `url`, `title`, `file`, `external_website`, `manually`, `event_category`, `event_action`, `event_name` …
    match_attribute: str
    pattern: str = ""
    #: `contains`, `exact`, `regex`; for numeric attributes `greater_than`
    pattern_type: str = ""
    case_sensitive: bool = False
    #: may convert more than once a visit
    allow_multiple: bool = False
    #: in the site's currency
    revenue: float = 0.0
    event_value_as_revenue: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """Where a custom dimension takes its value from when the request does not carry one."""

    #: `url`, `urlparam` or `action_name`
    dimension: str
    pattern: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomDimension:
    """An active row of `custom_dimensions`; the tracking parameter is `dimension<idcustomdimension>`."""

    idcustomdimension: int
    #: number of the column `custom_dimension_<index>`
    index: int
    #: `visit` or `action`
    scope: str
    case_sensitive: bool = True
    extractions: tuple[Extraction, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Site:
    """A tracked site with everything inherited from the global settings already merged in."""

    idsite: int
    #: the main URL first, then the aliases
    urls: tuple[str, ...]
    #: IANA name or `UTC+5.5`, for midnight and for the day of a report
    timezone: str = "UTC"
    currency: str = "USD"
    ecommerce: bool = False
    sitesearch: bool = True
    sitesearch_keyword_parameters: tuple[str, ...] = ()
    sitesearch_category_parameters: tuple[str, ...] = ()
    exclude_unknown_urls: bool = False
    #: addresses, CIDR ranges or wildcards as the administrator wrote them, the site's then the global ones
    excluded_ips: tuple[str, ...] = ()
    #: names or /regular expressions/ of query parameters that are not kept in page URLs
    excluded_parameters: tuple[str, ...] = ()
    excluded_user_agents: tuple[str, ...] = ()
    excluded_referrers: tuple[str, ...] = ()
    keep_url_fragment: bool = False
    #: `YYYY-MM-DD HH:MM:SS`, UTC
    ts_created: str | None = None
    #: `website`, `mobileapp`, `intranet`
    type: str = "website"
    goals: tuple[Goal, ...] = ()
    dimensions: tuple[CustomDimension, ...] = ()
    #: [Tracker_<idsite>] of Matomo's configuration, on top of [Tracker]
    tracker: dict[str, str] = field(default_factory=dict)

    @cached_property
    def zone(self) -> tzinfo:
        """The timezone as an object."""
        return site_zone(self.timezone)
