"""The http engine over tables of its own and a stand-in for Matomo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Engine

from qtd.config.http import Http
from qtd.config.keep import Keep
from qtd.engine.authentication import hash_token
from qtd.engine.settings import Settings
from qtd.replay.accounts import Accounts
from qtd.replay.matomo import Matomo
from qtd.replay.recorder import HttpRecorder
from qtd.replay.retry import HttpRetry
from qtd.store.dead_letters import DeadLetter, DeadLetters, Selection
from qtd.store.settings.load import Configured
from qtd.store.settings.source import SettingsSource
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog
from tests.standins import matomo as standin

PREFIX = "m_"
NOW = 1_795_277_000


class Replaying:
    """One worker's http engine."""

    def __init__(self, engine: Engine, matomo: standin.Matomo, **http: Any) -> None:
        self.clock = FakeClock()
        self.engine = engine
        self.section = Http.model_validate({"url": matomo.url, "token": standin.TOKEN, **http})
        self.client = Matomo(self.section, clock=self.clock)
        self.configured = Configured(super_user_tokens=frozenset([hash_token(standin.TOKEN, "")]))
        self.recorder = self.another()

    def another(self) -> HttpRecorder:
        """The engine as it is after a restart."""
        settings = self._settings()
        return HttpRecorder(
            self.client,
            accounts=Accounts(
                self.engine, PREFIX, settings=settings, clock=self.clock, keep=Keep(), logger=KeptLog()
            ),
            settings=settings,
            max_requests=self.section.max_requests,
            clock=self.clock,
        )

    def retry(self) -> HttpRetry:
        """What tries dead letters again."""
        return HttpRetry(
            self.engine, PREFIX, self.client, settings=self._settings(), clock=self.clock, keep=Keep()
        )

    def letters(self) -> list[DeadLetter]:
        """All dead letters."""
        return list(DeadLetters(self.engine, PREFIX).select(Selection()))

    def settings(self) -> Settings:
        """Those in force."""
        return self._settings().current()

    def _settings(self) -> SettingsSource:
        return SettingsSource(self.engine, PREFIX, configured=lambda: self.configured, clock=self.clock)


def entry(
    number: int,
    *more: Mapping[str, Any],
    server: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    token: str = "",
    **params: Any,
) -> bytes:
    """A page view of visitor `number`; `more` are further requests of the same set."""
    first = {
        "idsite": "1",
        "rec": "1",
        "url": f"http://example.org/{number}",
        "_id": f"{number:016x}",
        **params,
    }
    return orjson.dumps(
        {
            "requests": [first, *({"idsite": "1", "rec": "1", **one} for one in more)],
            "env": {
                "server": {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": "Agent", **(server or {})},
                "cookie": cookies or [],
            },
            "tokenAuth": token or False,
            "time": NOW + number,
            "id": f"e{number}",
        }
    )


def urls(requests: list[dict[str, Any]]) -> list[str]:
    """The last part of their addresses."""
    return [request["url"].rpartition("/")[2] for request in requests]
