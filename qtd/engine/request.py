"""One tracking request as the rules see it: parameters, client, site, time and visitor identity.

Source: Matomo's tracking API. What is costly and not always needed is computed on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from typing import Any

from qtd.engine.authentication import authenticates
from qtd.engine.device import ClientHints, client_hints_from
from qtd.engine.invalid import InvalidRequest, UnknownSite
from qtd.engine.ip_address import client_address, packed
from qtd.engine.language import browser_language
from qtd.engine.log_retention import oldest_kept
from qtd.engine.params import Params, three_byte_text
from qtd.engine.php import Param, is_numeric, sanitize, to_float, to_int, truthy
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.timestamp import parse_time
from qtd.engine.visitor_id import visitor_id

#: A custom time further back than this is not believed (20 years of 365 days, in seconds).
_OLDEST_CUSTOM_TIME = 20 * 365 * 86400

#: The plugins' parameters in the order in which the fingerprint has them, with their columns.
PLUGINS = {
    "fla": "config_flash",
    "java": "config_java",
    "qt": "config_quicktime",
    "realp": "config_realplayer",
    "pdf": "config_pdf",
    "wma": "config_windowsmedia",
    "ag": "config_silverlight",
    "cookie": "config_cookie",
}


class TrackingRequest:
    """A tracking request, read through the settings in force."""

    __slots__ = (
        "_address",
        "_authenticated",
        "_client_hints",
        "_language",
        "_plugins",
        "_timestamp",
        "_visitor_id",
        "cookies",
        "entry_time",
        "idsite",
        "now",
        "params",
        "raw",
        "server",
        "settings",
        "site_or_none",
        "token_auth",
        "url",
        "urlref",
    )

    def __init__(
        self,
        raw: Mapping[str, Param],
        *,
        server: Mapping[str, Any],
        cookies: Mapping[str, Param],
        token_auth: str,
        entry_time: int,
        settings: Settings,
        now: float | None = None,
    ) -> None:
        self.raw = raw
        self.server = server
        self.cookies = cookies
        #: the bulk request's token; empty where the request's own parameter counts
        self.token_auth = token_auth
        #: Unix seconds at which the request was accepted
        self.entry_time = entry_time
        #: Unix seconds at which it is applied: what a relative `cdt` starts from, because Matomo's replay reads it so
        self.now = entry_time if now is None else now
        self.settings = settings
        # A beacon image on a page carries no URL of its own: the page it lies on is its referer.
        if (
            not truthy(raw.get("urlref"))
            and not truthy(raw.get("url"))
            and truthy(server.get("HTTP_REFERER"))
        ):
            raw = {**raw, "url": server["HTTP_REFERER"]}
        if not settings.four_byte_text:
            raw = three_byte_text(raw)
        self.params = Params(raw)
        self.idsite = self.params.integer("idsite")
        self.site_or_none: Site | None = settings.sites.get(self.idsite) if self.idsite > 0 else None
        self.url = self.params.text("url")
        self.urlref = self.params.text("urlref")
        self._address: str | None = None
        self._authenticated: bool | None = None
        self._language: str | None = None
        self._timestamp: int | None = None
        self._visitor_id: bytes | EllipsisType | None = ...
        self._client_hints: ClientHints | EllipsisType | None = ...
        self._plugins: list[int] | None = None

    @property
    def site(self) -> Site:
        """The tracked site; `UnknownSite` where there is none with this number."""
        if self.site_or_none is None:
            raise UnknownSite(f"site {self.idsite} does not exist")
        return self.site_or_none

    def replace(self, name: str, value: str) -> None:
        """Give a parameter another value from here on; `raw` keeps what was sent."""
        self.params = Params({**self.params.raw, name: value})
        self._visitor_id = ...

    def tracker_value(self, name: str) -> str:
        """A [Tracker] setting, the site's own where it has one."""
        return self.settings.tracker_value(name, self.site_or_none)

    def tracker_flag(self, name: str) -> bool:
        """A [Tracker] setting as a switch."""
        return self.settings.tracker_flag(name, self.site_or_none)

    @property
    def authenticated(self) -> bool:
        """Whether the token of the bulk request, else of the request, may write to the site."""
        if self._authenticated is None:
            if not self.tracker_flag("tracking_requests_require_authentication"):
                self._authenticated = True
            elif self.site_or_none is None and self.settings.sites:
                self._authenticated = False  # where no sites are known at all, they are elsewhere
            else:
                token = self.token_auth or self.params.text("token_auth")
                self._authenticated = bool(token) and authenticates(token, self.idsite, self.settings)
        return self._authenticated

    @property
    def timestamp(self) -> int:
        """The moment of the action in Unix seconds: `cdt`, less `cdo`, where allowed, else when it was accepted.

        Raises `InvalidRequest` for a custom time that needs a token and has none.
        """
        if self._timestamp is None:
            self._timestamp = self._custom_timestamp() or self.entry_time
        return self._timestamp

    def _custom_timestamp(self) -> int | None:
        params, now = self.params, self.entry_time
        if not params.has("cdt") and not params.has("cdo"):
            return None
        given, offset = params.text("cdt"), params.integer("cdo")
        moment: float | None
        if truthy(given):
            moment = to_float(given) if is_numeric(given) else parse_time(given, int(self.now))
        elif offset:
            moment = now
        else:
            return None
        if moment is None:
            moment = 0
        moment -= abs(offset)
        if not now - _OLDEST_CUSTOM_TIME < moment <= now:
            return None
        trusted = to_int(
            self.tracker_value("tracking_requests_require_authentication_when_custom_timestamp_newer_than")
        )
        if now - moment >= trusted and not self.authenticated:
            raise InvalidRequest(
                "custom_timestamp_needs_token",
                f"cdt is {now - moment:.0f} seconds old and needs a token_auth",
            )
        oldest = oldest_kept(self.settings.options, self.now)
        if oldest is not None and moment < oldest:
            raise InvalidRequest("custom_timestamp_too_old", "cdt is older than raw data is kept")
        return int(moment)

    @property
    def address(self) -> str:
        """The visitor's address as text: `cip` with a token, else the client's behind trusted proxies."""
        if self._address is None:
            given = self.params.text("cip")
            if not truthy(given):
                self._address = client_address(self.server, self.settings.general)
            elif self.authenticated:
                self._address = given
            else:
                raise InvalidRequest("cip_needs_token", "cip was used without a valid token_auth")
        return self._address

    @property
    def ip(self) -> bytes:
        """The visitor's address, 4 or 16 bytes."""
        return packed(self.address)

    @property
    def user_agent(self) -> str:
        """`ua`, else the User-Agent header; sanitized, empty where there is none."""
        given = self.params.text("ua")
        return given or sanitize(str(self.server.get("HTTP_USER_AGENT") or ""))

    @property
    def client_hints(self) -> ClientHints | None:
        """What the browser says of the device beside its user agent; null where it says nothing."""
        if self._client_hints is ...:
            self._client_hints = client_hints_from(self.server, self.params.raw.get("uadata"))
        return self._client_hints

    @property
    def language(self) -> str:
        """`lang`, else the Accept-Language header in its cleaned form."""
        if self._language is None:
            self._language = self.params.text("lang") or browser_language(
                str(self.server.get("HTTP_ACCEPT_LANGUAGE") or "")
            )
        return self._language

    @property
    def user_id(self) -> str:
        """The site's own name for the visitor (`uid`), empty where it gave none."""
        return self.params.text("uid")

    @property
    def visitor_id(self) -> bytes | None:
        """The visitor's 8-byte identifier that the request carries, null where it carries none."""
        if self._visitor_id is ...:
            self._visitor_id = self._carried_visitor_id()
        return self._visitor_id

    def _carried_visitor_id(self) -> bytes | None:
        return visitor_id(
            self.params.raw,
            cookies=self.cookies,
            user_id_overwrites=self.tracker_flag("enable_userid_overwrites_visitorid"),
            third_party_cookie=(
                self.tracker_value("cookie_name") if self.tracker_flag("use_third_party_id_cookie") else None
            ),
            cookieless=self.settings.privacy.force_cookieless_tracking,
        )

    @property
    def plugins(self) -> list[int]:
        """The browser plugins' flags in the order of `PLUGINS`."""
        if self._plugins is None:
            raw = self.params.raw
            self._plugins = [self.params.integer(name) if name in raw else 0 for name in PLUGINS]
        return self._plugins
