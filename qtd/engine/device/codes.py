"""Names of systems, browsers and brands, the short codes that Matomo stores for them, and their families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

#: What Matomo stores for a system or browser that it does not know.
UNKNOWN = "UNK"


def fuzzy(name: str) -> str:
    """A name as client hints are compared with it: without spaces, in lower case."""
    return name.replace(" ", "").lower()


@dataclass(frozen=True, kw_only=True)
class Codes:
    """The code tables of one version of Matomo's device detection; names are unique, families disjoint."""

    #: code -> name, in Matomo's order
    systems: Mapping[str, str]
    #: family -> codes
    system_families: Mapping[str, Sequence[str]]
    browsers: Mapping[str, str]
    browser_families: Mapping[str, Sequence[str]]
    #: codes of browsers that exist for mobile devices only
    mobile_browsers: frozenset[str]
    engines: Sequence[str]
    brands: Mapping[str, str]

    _system_code: dict[str, str] = field(init=False, default_factory=dict)
    _system_family: dict[str, str] = field(init=False, default_factory=dict)
    _system_by_text: dict[str, tuple[str, str]] = field(init=False, default_factory=dict)
    _system_by_hint: dict[str, tuple[str, str]] = field(init=False, default_factory=dict)
    _browser_code: dict[str, str] = field(init=False, default_factory=dict)
    _browser_family: dict[str, str] = field(init=False, default_factory=dict)
    _browser_by_text: dict[str, str] = field(init=False, default_factory=dict)
    _browser_by_hint: dict[str, tuple[int, str, str]] = field(init=False, default_factory=dict)
    _brand_code: dict[str, str] = field(init=False, default_factory=dict)
    _engine_by_text: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for code, name in self.systems.items():
            self._system_code.setdefault(name, code)
            self._system_by_text.setdefault(name.lower(), (code, name))
            self._system_by_hint.setdefault(fuzzy(name), (code, name))
        for number, (code, name) in enumerate(self.browsers.items()):
            self._browser_code.setdefault(name, code)
            self._browser_by_text.setdefault(name.lower(), code)
            self._browser_by_hint.setdefault(fuzzy(name), (number, code, name))
        for family, codes in self.system_families.items():
            for code in codes:
                self._system_family.setdefault(code, family)
        for family, codes in self.browser_families.items():
            for code in codes:
                self._browser_family.setdefault(code, family)
        for code, name in self.brands.items():
            self._brand_code.setdefault(name, code)
        for name in self.engines:
            self._engine_by_text.setdefault(name.lower(), name)

    def system(self, text: str) -> tuple[str, str]:
        """A system's (code, name) for a name in any case; (`UNK`, the text) where it is unknown."""
        return self._system_by_text.get(text.lower(), (UNKNOWN, text))

    def system_of_hint(self, platform: str) -> tuple[str, str] | None:
        """A system's (code, name) for a platform that client hints name."""
        return self._system_by_hint.get(fuzzy(platform))

    def system_code(self, name: str) -> str | None:
        """The code of a system's exact name."""
        return self._system_code.get(name)

    def system_family(self, label: str) -> str | None:
        """The family of a system given by name or code."""
        return self._system_family.get(self._system_code.get(label, label))

    def browser_code(self, text: str) -> str | None:
        """The code of a browser's name in any case."""
        return self._browser_by_text.get(text.lower())

    def browser_of_hint(self, brand: str) -> tuple[str, str] | None:
        """A browser's (code, name) for a brand of client hints, with or without the word Browser at the end."""
        text = fuzzy(brand)
        keys = [text, text + "browser"]
        if text.endswith("browser"):
            keys.append(text.removesuffix("browser"))
        found = [self._browser_by_hint[key] for key in keys if key in self._browser_by_hint]
        return min(found)[1:] if found else None

    def browser_family(self, label: str) -> str | None:
        """The family of a browser given by name or code."""
        return self._browser_family.get(self._browser_code.get(label, label))

    def is_mobile_browser(self, name: str) -> bool:
        """Whether the browser exists for mobile devices only."""
        return self._browser_code.get(name, name) in self.mobile_browsers

    def is_brand(self, name: str) -> bool:
        """Whether the brand has a code."""
        return name in self._brand_code

    def brand_code(self, name: str) -> str:
        """The code of a brand's exact name, empty where there is none."""
        return self._brand_code.get(name, "")

    def engine(self, text: str) -> str:
        """The engine's proper name for a name in any case, empty where it is unknown."""
        return self._engine_by_text.get(text.lower(), "")
