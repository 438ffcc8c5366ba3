"""The browser of an agent: from client hints where they say enough, else from the user agent, with its engine."""

from __future__ import annotations

import re
from typing import NamedTuple

from qtd.engine.device.agent import Agent
from qtd.engine.device.client_hints import ClientHints
from qtd.engine.device.codes import Codes
from qtd.engine.device.definitions import Definitions, Rule
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.device.template import fill, fill_version, version
from qtd.engine.device.version_order import compare
from qtd.engine.invalid import InvalidRequest

_CHROMIUM = "Chromium"
_BLINK = re.compile(rb"Chrome/.+ Safari/537.36", re.IGNORECASE)
#: Brands of client hints whose name here is another one, in lower case.
_HINT_NAMES = {"google chrome": "Chrome"}
#: Iridium gives its year of release as version.
_IRIDIUM_VERSIONS = frozenset(("2021.12", "2022", "2022.04"))
#: Their hints carry a version that is not the browser's own.
_VERSION_FROM_AGENT = frozenset(("Atom", "Huawei Browser"))


class Browser(NamedTuple):
    """A browser; empty text for what is not known."""

    name: str = ""
    code: str = ""
    version: str = ""
    engine: str = ""


class Browsers:
    """Finds the browser of an agent."""

    def __init__(self, definitions: Definitions) -> None:
        self._codes: Codes = definitions.codes
        self._rules = definitions.browsers
        self._patterns = PatternSet(rule["regex"] for rule in self._rules)
        self._engine_rules = definitions.engines
        self._engine_patterns = PatternSet(rule["regex"] for rule in self._engine_rules)
        self._apps = definitions.browser_hints

    def find(self, agent: Agent, hints: ClientHints) -> Browser | None:
        """The agent's browser; None where there is none."""
        hinted = self._from_hints(hints)
        browser = self._from_agent(agent)
        if hinted.name and hinted.version not in ("", "0"):
            browser = self._combined(hinted, browser)
        app = self._apps.get(hints.app)
        if app and app != browser.name:
            engine = "Blink" if _BLINK.search(agent.data) else browser.engine
            browser = Browser(app, self._codes.browser_code(app) or "", "", engine)
        if not browser.name:
            return None
        return browser._replace(engine="Blink") if browser.name == "Every Browser" else browser

    def _combined(self, hinted: Browser, seen: Browser) -> Browser:
        """What hints and user agent say together: hints name the browser, the agent may know it in more detail."""
        name, code, number, engine = hinted
        if number in _IRIDIUM_VERSIONS:
            name, code, engine = "Iridium", "I1", seen.engine
        if name in _VERSION_FROM_AGENT:
            number = seen.version
        if name == _CHROMIUM and seen.name not in ("", _CHROMIUM):
            name, code, number = seen.name, seen.code, seen.version
        if f"{name} Mobile" == seen.name:
            name, code = seen.name, seen.code
        if name == seen.name:
            engine = seen.engine
            if seen.version.startswith(number) and compare(number, seen.version) < 0:
                number = seen.version
        elif self._codes.browser_family(name) == self._codes.browser_family(seen.name):
            engine = seen.engine
        return Browser(name, code, number, engine)

    def _from_hints(self, hints: ClientHints) -> Browser:
        name = code = ""
        number: str | None = ""
        for brand, brand_version in hints.brands:
            found = self._codes.browser_of_hint(_HINT_NAMES.get(brand.lower(), brand))
            if found is not None:
                (code, name), number = found, brand_version
            if name not in ("", _CHROMIUM):
                break
        if hints.brands and hints.full_version not in ("", "0"):
            number = hints.full_version
        if number is None:
            raise InvalidRequest("client_hints", "the version of a brand is not text")
        return Browser(name, code, version(number))

    def _from_agent(self, agent: Agent) -> Browser:
        found = self._patterns.first(agent)
        if found is None:
            return Browser()
        rule, match = self._rules[found[0]], found[1]
        name, number = fill(rule["name"], match), fill_version(rule.get("version", ""), match)
        return Browser(name, self._codes.browser_code(name) or "", number, self._engine(rule, agent, number))

    def _engine(self, rule: Rule, agent: Agent, browser_version: str) -> str:
        given = rule.get("engine") or {}
        engine: str = given.get("default", "")
        for since, other in (given.get("versions") or {}).items():
            if compare(browser_version, since) >= 0:
                engine = other
        if engine:
            return engine
        found = self._engine_patterns.first(agent)
        return self._codes.engine(fill(self._engine_rules[found[0]]["name"], found[1])) if found else ""
