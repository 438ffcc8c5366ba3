"""Matomo's tracking API up to the queue: an HTTP request to its answer and the entries it becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from qtd.engine.authentication import hash_token
from qtd.engine.invalid import InvalidRequest, UnknownSite
from qtd.engine.params import Params
from qtd.engine.php import truthy
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.ingest import answer as answers
from qtd.ingest.answer import Answer
from qtd.ingest.bulk import is_bulk, parse_bulk
from qtd.ingest.http_request import HttpRequest
from qtd.ingest.php_server import ServerVariables, server_variables
from qtd.ingest.proxies import Proxies
from qtd.ingest.third_party_cookie import third_party_cookie
from qtd.queue.partitioner import queue_of, split
from qtd.queue.routing import key_of_request
from qtd.wire.cookies import parse_cookies
from qtd.wire.entry_id import NewId
from qtd.wire.forms import parse_body, raw_body
from qtd.wire.php_array import Param
from qtd.wire.php_query import parse_query
from qtd.wire.request_set import Form, RequestSet, encode
from qtd.wire.request_set import Params as RawParams


@dataclass(slots=True)  # not frozen: there is one for every hit, and a frozen one costs three times as much
class Prepared:
    """What is to be done about an HTTP request."""

    #: The answer once everything below is durable.
    answer: Answer
    #: `(queue, stored bytes)` to push; empty where there is nothing to track.
    entries: list[tuple[int, bytes]]
    #: How many tracking requests that is.
    requests: int = 0
    #: What has to be recorded at once, past the queue, before it is answered.
    record_now: RequestSet | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Client:
    """What all tracking requests of one HTTP request have in common."""

    method: str
    origin: str
    server: ServerVariables
    cookies: Mapping[str, Param]
    settings: Settings
    now: float


class TrackingApi:
    """The tracking API; pure but for the clock and the ids it is given.

    `settings` gives Matomo's settings in force, `now` Unix seconds. With `records_now` requests that carry
    `queuedtracking=0` are handed out to be recorded at once, as the plugin does; without, they are queued.
    `zero_ids_by_address` is `queue.zero_ids_by_address` of the configuration, `entries` is `queue.entries`.
    """

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        queues: int,
        proxies: Proxies,
        new_id: NewId,
        now: Callable[[], float],
        records_now: bool = False,
        zero_ids_by_address: bool = False,
        entries: Form = "plugin",
    ) -> None:
        self._settings = settings
        #: how many there are; may change between two requests
        self.queues = queues
        self._proxies = proxies
        self._new_id = new_id
        self._now = now
        self._records_now = records_now
        self._zero_ids_by_address = zero_ids_by_address
        self._entries: Form = entries

    def prepare(self, request: HttpRequest, path: bytes, query: bytes) -> Prepared:
        """Return what to do about a request to the tracker's path; a client's mistake is an answer too."""
        now = self._now()
        server = server_variables(request, path=path, query=query, proxies=self._proxies, now=now)
        if "HTTP_HOST" not in server and request.version == "1.1":
            return Prepared(answers.NO_HOST, [])
        origin = str(server.get("HTTP_ORIGIN", ""))
        method = request.method
        if method == "OPTIONS" and (
            truthy(server.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD"))
            or truthy(server.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"))
        ):
            return Prepared(answers.PREFLIGHT, [])
        settings = self._settings()
        cookie = server.get("HTTP_COOKIE")
        client = _Client(
            method=method,
            origin=origin,
            server=server,
            cookies=parse_cookies(str(cookie).encode()) if cookie is not None else {},
            settings=settings,
            now=now,
        )
        params = parse_query(query)
        body = request.body
        if body:
            content_type = str(server["CONTENT_TYPE"]).encode()
            params = _union(params, parse_body(method, content_type, body))
            body = raw_body(method, content_type, body)
        if not settings.tracker_flag("record_statistics"):
            image = params.get("send_image") != "0"
            return Prepared(answers.refused(503, method, origin, image=image), [])
        if body and is_bulk(body):
            return self._bulk(client, params, body)
        if not params:
            return Prepared(answers.nothing_to_track(method, origin), [])
        return self._single(client, params)

    def _single(self, client: _Client, params: RawParams) -> Prepared:
        image = params.get("send_image") != "0"
        token = Params(params).text("token_auth") if "token_auth" in params else ""
        tracked = self._tracking_request(client, params, token)
        if (
            self._records_now
            and "queuedtracking" in params
            and not tracked.params.integer("queuedtracking", 1)
        ):
            answer = answers.tracked(client.method, client.origin, image=image)
            return Prepared(answer, [], 1, self._request_set(client, [params], token or False))
        try:
            queue = self._queue(tracked)
        except InvalidRequest:
            return Prepared(answers.refused(400, client.method, client.origin, image=image), [])
        answer = answers.tracked(client.method, client.origin, image=image)
        cookie = third_party_cookie(tracked)
        if cookie is not None:
            answer = answer.with_headers(cookie.headers)
            if cookie.is_new:
                # The queue stays that of the address: browsers that keep no such cookie get a new one each time.
                client = replace(client, cookies={**client.cookies, cookie.name: cookie.value})
        stored = encode(self._request_set(client, [params], token or False), self._entries)
        return Prepared(answer, [(queue, stored)], 1)

    def _bulk(self, client: _Client, params: RawParams, raw: bytes) -> Prepared:
        body = parse_bulk(raw)
        own_token = Params(params).text("token_auth")
        # What is not JSON has no token either: Matomo then looks at the parameters.
        token = own_token if truthy(own_token) or body is None else body.token_auth
        requests = [] if body is None else body.requests
        tracked = [self._tracking_request(client, request, token) for request in requests]
        needs_token = client.settings.tracker_flag("bulk_requests_require_authentication")
        if needs_token and not all(one.authenticated for one in tracked):
            return Prepared(self._bulk_answer(client, 500, 0, [], indices=False), [])
        invalid = [index for index, one in enumerate(tracked) if not self._is_valid(one)]
        refused = frozenset(invalid)
        taken = [one for index, one in enumerate(tracked) if index not in refused]
        entries = [
            (queue, encode(self._request_set(client, group, token), self._entries))
            for queue, group in split((self._queue(one), dict(one.raw)) for one in taken)
        ]
        send_image = (body.send_image if body is not None else "") or Params(params).text("send_image")
        if not send_image:
            super_user = hash_token(token, client.settings.salt) in client.settings.super_user_tokens
            answer = self._bulk_answer(client, 200, len(taken), invalid, indices=bool(token) and super_user)
        else:
            answer = answers.tracked(client.method, client.origin, image=send_image != "0")
        return Prepared(answer, entries, len(taken))

    @staticmethod
    def _bulk_answer(
        client: _Client, status: int, tracked: int, invalid: list[int], *, indices: bool
    ) -> Answer:
        return answers.bulk_result(
            client.method, client.origin, status=status, tracked=tracked, invalid=invalid, indices=indices
        )

    @staticmethod
    def _tracking_request(client: _Client, params: RawParams, token: str) -> TrackingRequest:
        return TrackingRequest(
            params,
            server=client.server,
            cookies=client.cookies,
            token_auth=token,
            entry_time=int(client.now),
            settings=client.settings,
        )

    def _request_set(
        self, client: _Client, requests: list[RawParams], token: str | Literal[False]
    ) -> RequestSet:
        return RequestSet(
            requests=requests,
            server=client.server,
            cookies=client.cookies,
            token_auth=token,
            time=int(client.now),
            id=self._new_id(),
        )

    def _queue(self, tracked: TrackingRequest) -> int:
        """Return the visitor's queue; raises InvalidRequest for a `cip` without a valid token."""
        key = key_of_request(tracked, zero_ids_by_address=self._zero_ids_by_address)
        return queue_of(key, self.queues)

    @staticmethod
    def _is_valid(tracked: TrackingRequest) -> bool:
        """Say whether Matomo's bulk API would count a request as tracked."""
        if not tracked.raw:
            return True
        try:
            if tracked.settings.sites or tracked.idsite <= 0:
                _ = tracked.site
            _ = tracked.timestamp, tracked.visitor_id, tracked.address
        except (InvalidRequest, UnknownSite):
            return False
        return True


def _union(first: RawParams, second: RawParams) -> RawParams:
    """PHP's `+` of arrays: the first one's values and order, then what only the second has."""
    return {**first, **{name: value for name, value in second.items() if name not in first}}
