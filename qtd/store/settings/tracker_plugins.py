"""Which active plugins of a Matomo change what tracking records, and are unknown to the native engine.

Matomo's own plugins are known. Another one is looked at under `plugins/`: it takes part in tracking when it brings
columns of the log tables, request processors or actions, or listens to events of the tracker. What can not be looked at
is taken for one that does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from qtd.store.settings.matomo_files import MatomoFiles

#: Plugins that come with Matomo 5 and record; the engine does what they do, whether they are active or not.
RECORDING = frozenset(
    {
        "Actions",
        "BulkTracking",
        "Contents",
        "CoreHome",
        "CustomDimensions",
        "DevicePlugins",
        "DevicesDetection",
        "Ecommerce",
        "Events",
        "GeoIp2",
        "Goals",
        "Heartbeat",
        "IntranetMeasurable",
        "JsTrackerInstallCheck",
        "PagePerformance",
        "PrivacyManager",
        "Referrers",
        "Resolution",
        "SitesManager",
        "UserCountry",
        "UserId",
        "UserLanguage",
        "VisitTime",
        "VisitorInterest",
    }
)

#: Further ones that come with Matomo 5 or from its makers, or are the queue's own; rows do not depend on them.
_WITHOUT_EFFECT = frozenset(
    {
        "API",
        "Annotations",
        "CoreAdminHome",
        "CoreConsole",
        "CorePluginsAdmin",
        "CoreUpdater",
        "CoreVisualizations",
        "CoreVue",
        "CustomAlerts",
        "CustomJsTracker",
        "DBStats",
        "Dashboard",
        "DeviceDetectorCache",
        "Diagnostics",
        "Feedback",
        "ImageGraph",
        "Insights",
        "Installation",
        "Intl",
        "LanguagesManager",
        "Live",
        "LogViewer",
        "Login",
        "LoginLdap",
        "Marketplace",
        "MobileAppMeasurable",
        "MobileMessaging",
        "Monolog",
        "Morpheus",
        "MultiSites",
        "Overlay",
        "ProfessionalServices",
        "Proxy",
        "QueuedTracking",
        "RssWidget",
        "SEO",
        "ScheduledReports",
        "SecurityInfo",
        "SegmentEditor",
        "TagManager",
        "TasksTimetable",
        "TestRunner",
        "Tour",
        "Transitions",
        "TreemapVisualization",
        "TwoFactorAuth",
        "UserCountryMap",
        "UsersManager",
        "VisitFrequency",
        "VisitorGenerator",
        "VisitsSummary",
        "WebsiteMeasurable",
        "Widgetize",
    }
)

_RECORDS = re.compile(
    r"""['"]Tracker\.
      | \bisTrackerPlugin\b
      | \bextends\s+\\?(?:\w+\\)*(?:Visit|Action|Conversion)Dimension\b
      | \bextends\s+\\?(?:\w+\\)*RequestProcessor\b
      | \bextends\s+\\?(?:Piwik\\)?(?:Tracker\\)Action\b""",
    re.VERBOSE,
)
#: Folders of a plugin that Matomo loads nothing of while it tracks.
_SKIPPED = frozenset({"tests", "Test", "vendor", "node_modules", "lang", "vue"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackerPlugins:
    """What is to be said of an installation's plugins at start."""

    #: active, and recording something that the native engine does not know
    unknown: tuple[str, ...]
    #: recording ones of Matomo's own that are not active there; the engine records as if they were
    inactive: tuple[str, ...]


def tracker_plugins(files: MatomoFiles) -> TrackerPlugins:
    """Look at the plugins that are active in Matomo."""
    active = files.plugins
    return TrackerPlugins(
        unknown=tuple(
            name
            for name in sorted(set(active) - RECORDING - _WITHOUT_EFFECT)
            if _takes_part(files.path / "plugins" / name)
        ),
        inactive=tuple(sorted(RECORDING - set(active))),
    )


def _takes_part(folder: Path) -> bool:
    if not (folder / "plugin.json").is_file() and not (folder / f"{folder.name}.php").is_file():
        return True
    try:
        return any(
            _RECORDS.search(file.read_text(encoding="utf-8", errors="replace")) for file in _sources(folder)
        )
    except OSError:
        return True


def _sources(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.rglob("*.php"))
        if _SKIPPED.isdisjoint(file.relative_to(folder).parts[:-1])
    ]
