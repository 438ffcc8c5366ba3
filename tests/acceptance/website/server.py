"""A small web site that is tracked: pages, a file to download, and Matomo's JavaScript tracker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_PAGE = (Path(__file__).parent / "index.html").read_text()


@dataclass(kw_only=True)
class Website:
    """The site; every path is the same page."""

    #: Where it is, `http://127.0.0.1:port`.
    url: str
    #: JavaScript that pages run before they track.
    before: list[str] = field(default_factory=list)


@contextmanager
def running_website(tracker: str, javascript_tracker: Path) -> Iterator[Website]:
    """Serve it on a free port; its pages track to the address `tracker`."""

    class Visit(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer."""
            path = self.path.partition("?")[0]
            if path == "/matomo.js":
                self._answer("text/javascript", javascript_tracker.read_bytes())
            elif path.endswith(".pdf"):
                self._answer("application/pdf", b"%PDF-1.4")
            elif path == "/favicon.ico":
                self._answer("image/x-icon", b"")
            else:
                page = _PAGE.replace("{{tracker}}", tracker).replace("{{before}}", "\n".join(website.before))
                self._answer("text/html; charset=utf-8", page.encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

        def _answer(self, content_type: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Visit)
    website = Website(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
