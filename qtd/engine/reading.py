"""From a request set to hits: everything a request says by itself, checked and excluded by rule where it must be.

The order of the steps is Matomo's, because the first objection counts.
"""

from __future__ import annotations

from hashlib import sha1

from qtd.engine.action_detection import detect_action
from qtd.engine.conversion import reported_conversion
from qtd.engine.exclusion import Exclusion
from qtd.engine.fingerprint import fingerprint
from qtd.engine.hit import Hit
from qtd.engine.invalid import InvalidRequest, UnknownSite
from qtd.engine.location import check_location_parameters, stored_address
from qtd.engine.outside import Outside
from qtd.engine.page_url import PageUrls
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.tracking_failure import unknown_site_failure
from qtd.wire.request_set import RequestSet

#: Row of the option table with the salt of anonymized user ids.
_USER_ID_SALT = "useridsalt"


class Reader:
    """Reads request sets under one version of the settings."""

    def __init__(self, settings: Settings, outside: Outside, urls: PageUrls) -> None:
        self._settings = settings
        self._outside = outside
        self._urls = urls
        self._exclusion = Exclusion(settings, outside)

    def hits(self, request_set: RequestSet, number: int, *, now: float | None = None) -> list[Hit]:
        """One hit for each request of the set; `number` is the set's place in the batch.

        `now` is the present in Unix seconds, by default the time at which the set was accepted.
        """
        hits = []
        for raw in request_set.requests:
            request = TrackingRequest(
                raw,
                server=request_set.server,
                cookies=request_set.cookies,
                token_auth=request_set.token_auth or "",
                entry_time=int(request_set.time),
                settings=self._settings,
                now=now,
            )
            hit = Hit(request=request, set_number=number)
            hits.append(hit)
            if not raw:
                hit.excluded = "empty_request"
                continue
            try:
                self._read(hit)
            except UnknownSite:
                hit.excluded = "unknown_site"
            except InvalidRequest as error:
                hit.excluded, hit.invalid = error.reason, True
                break
        return hits

    def _read(self, hit: Hit) -> None:
        request = hit.request
        if request.site_or_none is None:
            # A time that needs a right is an objection even here, and the owner hears nothing of the site then.
            _ = request.timestamp
            hit.failure = unknown_site_failure(request, self._exclusion)
            raise UnknownSite
        self._anonymize_ids(request)
        check_location_parameters(request)
        _ = request.timestamp
        ip = request.ip
        hit.excluded = self._exclusion.reason(request) or ""
        if hit.excluded:
            return
        hit.device = self._outside.devices.detect(request.user_agent, request.client_hints)
        hit.config_id = fingerprint(request, hit.device, self._outside.salts)
        hit.location_ip = stored_address(request, ip)
        _ = request.visitor_id
        hit.conversion = reported_conversion(request, self._urls)
        # An action that is not allowed spoils even requests that end up without one.
        action = detect_action(request, self._urls)
        hit.action = action if hit.conversion is None else None

    def _anonymize_ids(self, request: TrackingRequest) -> None:
        """Replace user and order ids by hashes where the privacy settings ask for it."""
        privacy = self._settings.privacy
        if privacy.anonymize_user_id and (user_id := request.user_id):
            salt = self._settings.options.get(_USER_ID_SALT)
            if salt:
                request.replace("uid", sha1((user_id + salt).encode(), usedforsecurity=False).hexdigest())
        if privacy.anonymize_order_id and (order := request.params.text("ec_id")):
            seed = f"{self._outside.random.getrandbits(64)}{order}{self._settings.salt}"
            request.replace("ec_id", sha1(seed.encode(), usedforsecurity=False).hexdigest())
