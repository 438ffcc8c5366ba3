"""The operating system of an agent: from client hints where they name one, in the detail that the user agent adds."""

from __future__ import annotations

from typing import NamedTuple

from qtd.engine.device.agent import Agent
from qtd.engine.device.client_hints import ClientHints
from qtd.engine.device.codes import UNKNOWN, Codes
from qtd.engine.device.definitions import Definitions
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.device.template import fill, fill_version, version
from qtd.engine.php import to_int

#: Platforms of client hints whose name here is another one, in lower case.
_HINT_NAMES = {"linux": "GNU/Linux", "macos": "Mac"}
#: Amazon's numbers for the Android versions that Fire OS is made of.
_FIRE_OS_VERSIONS = {
    "11": "8",
    "10": "8",
    "9": "7",
    "7": "6",
    "5": "5",
    "4.4.3": "4.5.1",
    "4.4.2": "4",
    "4.2.2": "3",
    "4.0.3": "3",
    "4.0.2": "3",
    "4": "2",
    "2": "1",
}
#: Browsers that exist for Android only and pretend to be on something else.
_ANDROID_APPS = frozenset(
    (
        "com.hisense.odinbrowser",
        "com.seraphic.openinet.pre",
        "com.appssppa.idesktoppcbrowser",
        "every.browser.inc",
    )
)
_DESKTOP_FAMILIES = frozenset(
    ("AmigaOS", "IBM", "GNU/Linux", "Mac", "Unix", "Windows", "BeOS", "Chrome OS", "Chromium OS")
)


class OperatingSystem(NamedTuple):
    """A system by name, code and family; the version is empty where it is not known."""

    name: str
    code: str
    version: str
    family: str | None = None


_NOTHING = OperatingSystem("", "", "")


class OperatingSystems:
    """Finds the operating system of an agent."""

    def __init__(self, definitions: Definitions) -> None:
        self._codes: Codes = definitions.codes
        self._rules = definitions.operating_systems
        self._patterns = PatternSet(rule["regex"] for rule in self._rules)
        #: for rules that tell versions apart by further patterns; made when first needed
        self._version_patterns: dict[int, PatternSet] = {}

    def find(self, agent: Agent, hints: ClientHints) -> OperatingSystem | None:
        """The agent's system; None where there is none."""
        seen = self._from_agent(agent)
        hinted = self._from_hints(hints)
        if hinted.name:
            name, code, number = self._combined(hinted, seen)
        elif seen.name:
            name, code, number = seen.name, seen.code, seen.version
        else:
            return None
        family = self._codes.system_family(code)
        if hints.app in _ANDROID_APPS and name != "Android":
            name, code, number, family = "Android", "ADR", "", "Android"
        return OperatingSystem(name, self._codes.system_code(name) or code, number, family)

    def is_desktop(self, name: str) -> bool:
        """Whether the system of that name runs on desktop computers."""
        return self._codes.system_family(name) in _DESKTOP_FAMILIES

    def _combined(self, hinted: OperatingSystem, seen: OperatingSystem) -> tuple[str, str, str]:
        name, code, number = hinted.name, hinted.code, hinted.version
        seen_family = self._codes.system_family(seen.name)
        if number in ("", "0") and self._codes.system_family(name) == seen_family:
            number = seen.version
        # Hints name the family (Android), the user agent may know which member of it.
        if seen_family == name != seen.name:
            name = seen.name
            if name == "HarmonyOS":
                number = ""
            elif name == "Fire OS":
                number = _FIRE_OS_VERSIONS.get(number) or _FIRE_OS_VERSIONS.get(str(to_int(number)), number)
        # Chrome OS may call itself Linux; the same version gives it away.
        if name == "GNU/Linux" and seen.name == "Chrome OS" and hinted.version == seen.version:
            name, code = seen.name, seen.code
        return name, code, number

    def _from_hints(self, hints: ClientHints) -> OperatingSystem:
        if hints.platform in ("", "0"):
            return _NOTHING
        found = self._codes.system_of_hint(_HINT_NAMES.get(hints.platform.lower(), hints.platform))
        code, name = found or ("", "")
        number = hints.platform_version
        major = to_int(number)
        if name == "Windows" and major > 0:
            number = "10" if major <= 10 else "11"
        return OperatingSystem(name, code, version(number) if major else "")

    def _from_agent(self, agent: Agent) -> OperatingSystem:
        found = self._patterns.first(agent)
        if found is None:
            return _NOTHING
        index, match = found
        rule = self._rules[index]
        code, name = self._codes.system(fill(rule["name"], match))
        number = fill_version(rule.get("version", ""), match)
        if "versions" in rule:
            patterns = self._version_patterns.get(index)
            if patterns is None:
                patterns = self._version_patterns[index] = PatternSet(
                    item["regex"] for item in rule["versions"]
                )
            detail = patterns.first(agent)
            if detail is not None:
                item = rule["versions"][detail[0]]
                if "name" in item:
                    code, name = self._codes.system(fill(item["name"], detail[1]))
                if "version" in item:
                    number = fill_version(item["version"], detail[1])
        return OperatingSystem(name, code, number)


def code_of(system: OperatingSystem | None) -> str:
    """The code that Matomo stores."""
    return system.code if system is not None and system.code else UNKNOWN
