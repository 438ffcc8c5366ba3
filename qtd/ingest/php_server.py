"""An HTTP request to PHP's $_SERVER, as PHP behind nginx has it."""

from __future__ import annotations

from qtd.ingest.header_names import variable_of
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.proxies import Proxies

ServerVariables = dict[str, str | int | float]


def server_variables(
    request: HttpRequest, *, path: bytes, query: bytes, proxies: Proxies, now: float
) -> ServerVariables:
    """Return the variables that tracking and its plugins read; bytes that are not UTF-8 become U+FFFD.

    `now` is Unix time in seconds. A header that comes more than once is joined with a comma, a cookie with a
    semicolon.
    """
    server: ServerVariables = {}
    for name, value in request.headers:
        variable = variable_of(name)
        if variable is None:
            continue
        text = value.decode("utf-8", "replace").rstrip(" \t")
        if variable in server:
            text = f"{server[variable]}{'; ' if variable == 'HTTP_COOKIE' else ', '}{text}"
        server[variable] = text
    length = server.get("HTTP_CONTENT_LENGTH", "")
    if request.body and "HTTP_TRANSFER_ENCODING" in server:
        length = str(len(request.body))
    server["CONTENT_LENGTH"] = length
    server["CONTENT_TYPE"] = server.get("HTTP_CONTENT_TYPE", "")
    server["REQUEST_METHOD"] = request.method
    server["REQUEST_URI"] = request.target.decode("utf-8", "replace")
    server["SCRIPT_NAME"] = path.decode("utf-8", "replace")
    server["QUERY_STRING"] = query.decode("utf-8", "replace")
    server["SERVER_PROTOCOL"] = f"HTTP/{request.version}"
    server["SERVER_PORT"] = str(request.port or 80)
    server["REQUEST_TIME"] = int(now)
    server["REQUEST_TIME_FLOAT"] = round(now, 6)
    proxies.apply(server, request.peer)
    server["SERVER_NAME"] = _without_port(str(server.get("HTTP_HOST", "")))
    return server


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
