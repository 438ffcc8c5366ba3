"""A stand-in for Matomo's bulk tracking API: a real HTTP server that keeps what it is sent, and answers as Matomo does.

It records nothing, but says of each request whether Matomo would: unknown sites, addresses without a right to them and
visitor ids of a wrong length are invalid. What no call of ours may do is a complaint.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

TOKEN = "5up3r5up3r5up3r5up3r5up3r5up3r5u"
WRITER = "wr1t3rwr1t3rwr1t3rwr1t3rwr1t3rwr"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One bulk request, whether it was answered with success or not."""

    token: str
    requests: list[dict[str, Any]]
    #: of the connection it came over
    port: int


@dataclass
class Matomo:
    """What the stand-in knows, and what it was told."""

    sites: frozenset[int] = frozenset((1, 2, 3, 4, 5, 6, 7, 8, 9))
    super_user: str = TOKEN
    #: may write to all sites
    writer: str = WRITER
    records: bool = True
    calls: list[Call] = field(default_factory=list)
    #: what was wrong with calls
    complaints: list[str] = field(default_factory=list)
    #: status, headers and body that take the place of the next answers; what was sent is not recorded then
    failures: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    #: a call with such a request is answered with 500, and nothing of it recorded
    trips_over: Callable[[dict[str, Any]], bool] = lambda _request: False
    #: longest body
    most_bytes: int = 10_000_000
    #: requests that it silently drops, as Matomo does after waiting for a lock in vain
    drops: int = 0
    #: called before a call is answered
    before_answer: Callable[[], None] = lambda: None
    recorded: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def take(
        self, path: str, headers: dict[str, str], body: bytes, port: int
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer a POST request."""
        address = urlsplit(path)
        if not address.path.endswith("/matomo.php"):
            return 404, {}, b"not found"
        if parse_qs(address.query).get("queuedtracking") != ["0"]:
            self.complaints.append(f"without queuedtracking=0 the plugin would queue it again: {path}")
        self.complaints += [
            f"every request of the call would have this: {name}"
            for name in ("cookie", "user-agent", "accept-language", "referer")
            if name in headers
        ]
        if body.find(b'"requests"') < 1:
            self.complaints.append("Matomo would not take it for a bulk request")
            return 400, {}, b"<html>"
        call = orjson.loads(body)
        token, requests = call.get("token_auth", ""), call["requests"]
        self.calls.append(Call(token=token, requests=requests, port=port))
        self.before_answer()
        if len(body) > self.most_bytes:
            return 413, {}, b"<html>too large</html>"
        if self.failures:
            return self.failures.pop(0)
        if any(map(self.trips_over, requests)):
            error = {"status": "error", "tracked": 0, "invalid": 0}
            return 500, {}, orjson.dumps(error)
        return (
            200,
            {"set-cookie": "_pk_uid=0%3DYWFhYWFhYWFhYWFhYWFhYQ==; path=/"},
            self._answer(token, requests),
        )

    def sent(self) -> list[dict[str, Any]]:
        """All requests of all calls but those that only probe."""
        return [request for call in self.calls for request in call.requests if request]

    def sizes(self) -> list[int]:
        """How many requests each call had, but those that only probe."""
        return [len(call.requests) for call in self.calls if call.requests != [{}]]

    def _answer(self, token: str, requests: list[dict[str, Any]]) -> bytes:
        if not self.records:
            return orjson.dumps({"status": "success", "tracked": 0, "invalid": 0})
        invalid = [index for index, request in enumerate(requests) if self._is_invalid(token, request)]
        good = [request for index, request in enumerate(requests) if index not in invalid]
        good = good[: len(good) - self.drops]
        self.recorded += filter(None, good)
        answer: dict[str, Any] = {"status": "success", "tracked": len(good), "invalid": len(invalid)}
        if token and token == self.super_user:
            answer["invalid_indices"] = invalid
        return orjson.dumps(answer)

    def _is_invalid(self, token: str, request: dict[str, Any]) -> bool:
        if not request:
            return False
        site = str(request.get("idsite", "")).strip()
        if not site.isdecimal() or int(site) not in self.sites:
            return True
        allowed = (token or request.get("token_auth")) in (self.super_user, self.writer)
        if not allowed and any(
            request.get(name) for name in ("cip", "country", "region", "city", "lat", "long")
        ):
            return True
        return bool(request.get("cid")) and len(str(request["cid"])) != 16


def _handler(matomo: Matomo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = matomo.take(self.path, headers, body, self.client_address[1])
            self.send_response(status)
            for name, value in {"content-type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_about: object) -> None:
        """Say nothing of clients that hang up: they are what is tested."""


@contextmanager
def running_matomo(tls: ssl.SSLContext | None = None) -> Iterator[Matomo]:
    """Run one on a free port; `tls` for https."""
    matomo = Matomo()
    server = _Server(("127.0.0.1", 0), _handler(matomo))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    matomo.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(
        target=server.serve_forever, args=(0.01,), name="stand-in for Matomo", daemon=True
    )
    thread.start()
    try:
        yield matomo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
