"""The HTTP client of one Matomo: bulk calls over a connection that is kept, and what each failure means."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urlsplit

import httpx

from qtd.clock import Clock
from qtd.config.http import Http
from qtd.config.secret import revealed
from qtd.errors import ConfigurationError, MatomoRefuses, MatomoUnavailable
from qtd.replay.bulk import BulkAnswer, encode_call, read_answer
from qtd.wire.php_array import Param

#: No answer of the bulk API is longer, in bytes: it has a number for each invalid request.
_LONGEST_ANSWER: Final = 1024 * 1024

#: Seconds for which an idle connection is kept; Apache closes it after five.
_IDLE_SECONDS: Final = 4.0

#: What a status means for whoever has to change something.
_ADVICE: Final = {
    401: "the server wants another account than Matomo's",
    403: "the server or Matomo's brute force protection keeps this machine out",
    404: "is there a Matomo at http.url?",
    405: "is that Matomo's tracking API at http.url?",
    407: "a proxy wants an account",
    410: "is there a Matomo at http.url?",
}

#: The server, or what is before it, has no time at present.
_BUSY: Final = frozenset({408, 425, 429, 502, 503, 504})


class CallRejected(MatomoUnavailable):
    """Matomo failed over this call; one of its requests may be why."""


class CallTooLarge(CallRejected):
    """The call has more bytes than the server takes."""


class CallTimedOut(MatomoUnavailable):
    """There was no answer in time; whether the requests were recorded is not known."""


class Matomo:
    """Sends calls; for one thread."""

    def __init__(self, section: Http, *, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        """Connect to nothing yet; a `transport` takes the place of the network.

        Raises:
            ConfigurationError: `http.ca_file` can not be read.
        """
        self._section = section
        self._token = revealed(section.token) or ""
        self._clock = clock
        self._url = section.endpoint
        self._client = httpx.Client(
            transport=transport,
            verify=_trusting(section),
            trust_env=False,  # neither a .netrc nor proxies of somebody's shell
            timeout=httpx.Timeout(section.timeout_seconds, connect=section.connect_timeout_seconds),
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_IDLE_SECONDS),
        )
        # Matomo takes these for the visitor's where a request has none of its own, and a cookie for all of them.
        del self._client.headers["user-agent"]
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(self, requests: Sequence[Mapping[str, Param]]) -> BulkAnswer:
        """Have requests recorded; at return they are, but for the invalid ones.

        Raises:
            CallRejected, CallTooLarge: one of the requests may be why.
            CallTimedOut: they may be recorded.
            MatomoRefuses: see there.
            MatomoUnavailable: they may be recorded where the connection was lost.
        """
        status, location, body = self._post(encode_call(requests, self._token))
        _check_status(status, location)
        return read_answer(body, len(requests))

    def probe(self) -> None:
        """Make sure that Matomo answers, records and takes our token for a super user's; leaves no trace there.

        Raises as `send`.
        """
        status, location, body = self._post(encode_call([{}], self._token))
        try:
            _check_status(status, location)
        except CallRejected:
            # An empty request names no site, so bulk_requests_require_authentication may be what it fails at.
            return
        if not read_answer(body, 1).super_user:
            raise MatomoRefuses("the token in http.token_file is no super user's, or not valid any more")

    def _post(self, body: bytes) -> tuple[int, str, bytes]:
        deadline = self._clock.monotonic() + self._section.timeout_seconds
        received = bytearray()
        try:
            with self._client.stream(
                "POST",
                self._url,
                params={"queuedtracking": "0"},
                content=body,
                headers={"content-type": "application/json"},
            ) as response:
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > _LONGEST_ANSWER:
                        raise MatomoRefuses(
                            "its answer has no end; is that Matomo's tracking API at http.url?"
                        )
                    if self._clock.monotonic() > deadline:
                        raise self._late()
                return response.status_code, response.headers.get("location", ""), bytes(received)
        except httpx.ConnectTimeout:
            raise MatomoUnavailable(
                f"no connection within {self._section.connect_timeout_seconds:g} s"
            ) from None
        except httpx.TimeoutException:
            raise self._late() from None
        except httpx.HTTPError as error:
            text = str(error) or type(error).__name__
            if "CERTIFICATE_VERIFY_FAILED" in text:
                raise MatomoRefuses(f"{text}; http.ca_file says whom to trust") from None
            raise MatomoUnavailable(text) from None

    def _late(self) -> CallTimedOut:
        return CallTimedOut(f"no answer within {self._section.timeout_seconds:g} s (http.timeout_seconds)")


def _check_status(status: int, location: str) -> None:
    if status == HTTPStatus.OK:
        return
    text = f"it answers {status}{_phrase(status)}"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise CallTooLarge(f"{text}; raise the server's limit for bodies")
    if 300 <= status < 400:
        parts = urlsplit(location)
        raise MatomoRefuses(f"{text}: http.url has moved to {parts.scheme}://{parts.hostname}{parts.path}")
    if status in _ADVICE:
        raise MatomoRefuses(f"{text}: {_ADVICE[status]}")
    if status in _BUSY:
        raise MatomoUnavailable(text)
    if status >= 400:
        raise CallRejected(f"{text}; its own log says why")
    raise MatomoRefuses(f"{text}: is that Matomo's tracking API at http.url?")


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _trusting(section: Http) -> ssl.SSLContext | bool:
    if urlsplit(section.endpoint).scheme != "https":
        return True
    try:
        return ssl.create_default_context(cafile=section.ca_file)
    except OSError as error:  # SSLError is one
        raise ConfigurationError(f"http.ca_file: {section.ca_file}: {error.strerror or error}") from None
