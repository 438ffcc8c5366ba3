"""The client of an agent: feed reader, mobile application, media player, mail program, browser or library."""

from __future__ import annotations

from typing import NamedTuple

from qtd.engine.device.agent import Agent
from qtd.engine.device.browser import Browsers
from qtd.engine.device.client_hints import ClientHints
from qtd.engine.device.definitions import Definitions
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.device.template import fill, fill_version

#: In the order in which Matomo asks; the browser comes before the last.
_BEFORE_BROWSER = ("feed reader", "mobile app", "mediaplayer", "pim")
_AFTER_BROWSER = ("library",)
BROWSER = "browser"
_APP = "mobile app"


class Client(NamedTuple):
    """What asks: its kind, name and version; code and engine of browsers only."""

    type: str
    name: str
    version: str
    code: str = ""
    engine: str = ""


class Clients:
    """Finds the client of an agent."""

    def __init__(self, definitions: Definitions) -> None:
        self._rules = definitions.clients
        self._patterns = {
            kind: PatternSet(rule["regex"] for rule in definitions.clients[kind])
            for kind in (*_BEFORE_BROWSER, *_AFTER_BROWSER)
        }
        self._apps = definitions.app_hints
        self._browsers = Browsers(definitions)

    def find(self, agent: Agent, hints: ClientHints) -> Client | None:
        """The first kind that knows the agent wins."""
        for kind in _BEFORE_BROWSER:
            if (client := self._find(kind, agent, hints)) is not None:
                return client
        if (browser := self._browsers.find(agent, hints)) is not None:
            return Client(BROWSER, browser.name, browser.version, browser.code, browser.engine)
        for kind in _AFTER_BROWSER:
            if (client := self._find(kind, agent, hints)) is not None:
                return client
        return None

    def _find(self, kind: str, agent: Agent, hints: ClientHints) -> Client | None:
        name = client_version = ""
        found = self._patterns[kind].first(agent)
        if found is not None:
            rule = self._rules[kind][found[0]]
            name, client_version = (
                fill(rule["name"], found[1]),
                fill_version(rule.get("version", ""), found[1]),
            )
        if kind == _APP:
            app = self._apps.get(hints.app)
            if app and app != name:
                name, client_version = app, ""
            if name in ("", "0"):
                return None
        elif found is None:
            return None
        return Client(kind, name, client_version)
