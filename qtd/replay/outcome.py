"""An entry on its way to Matomo: which of its requests are sent, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from qtd.engine.header_exclusion import excluded_by_headers
from qtd.engine.invalid import InvalidRequest
from qtd.engine.replay import NEEDS_TOKEN, replayed
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.store.cause import cause_of
from qtd.store.entry import Entry, read_entry
from qtd.wire.php_array import Param
from qtd.wire.request_set import RequestSet, encode


@dataclass(kw_only=True, slots=True, eq=False)
class Outcome:
    """Each request of the entry, by its index in the set, is in one of the four."""

    entry: Entry
    #: still to be sent, with the parameters to send
    unsent: dict[int, dict[str, Param]] = field(default_factory=dict)
    recorded: list[int] = field(default_factory=list)
    #: with the rule that keeps it out
    excluded: dict[int, str] = field(default_factory=dict)
    #: with the cause
    dead: dict[int, str] = field(default_factory=dict)

    def refuse(self, cause: str) -> None:
        """Send no more of it."""
        self.dead |= dict.fromkeys(self.unsent, cause)
        self.unsent = {}

    def part(self, *indices: int) -> Entry:
        """The entry with these requests only, for counting."""
        request_set = self._request_set
        return replace(
            self.entry, request_set=replace(request_set, requests=[request_set.requests[i] for i in indices])
        )

    def letters(self) -> Iterator[Entry]:
        """What goes to the dead letters: each request alone, so that no other is ever recorded again with it."""
        if self.entry.request_set is None:
            yield self.entry
        elif self.entry.requests == 1:
            yield from (replace(self.entry, cause=cause) for cause in self.dead.values())
        else:
            yield from (self._letter(index, cause) for index, cause in self.dead.items())

    def _letter(self, index: int, cause: str) -> Entry:
        request_set = self._request_set
        alone = replace(
            request_set,
            requests=[request_set.requests[index]],
            id=request_set.id and f"{request_set.id}.{index}",
        )
        return replace(read_entry(encode(alone)), cause=cause)

    @property
    def _request_set(self) -> RequestSet:
        if self.entry.request_set is None:
            raise RuntimeError("what can not be decoded has no requests")
        return self.entry.request_set


def prepare(entry: Entry, settings: Settings, *, now: float) -> Outcome:
    """What is to be sent of an entry, and what is not; `now` in Unix seconds."""
    outcome = Outcome(entry=entry)
    if entry.request_set is None:
        return outcome
    for index, raw in enumerate(entry.request_set.requests):
        request = TrackingRequest(
            raw,
            server=entry.request_set.server,
            cookies=entry.request_set.cookies,
            token_auth=entry.request_set.token_auth or "",
            entry_time=int(entry.request_set.time),
            settings=settings,
            now=now,
        )
        try:
            rule = excluded_by_headers(request) if raw else "empty_request"
            if rule is None:
                outcome.unsent[index] = replayed(request)
            else:
                outcome.excluded[index] = rule
        except InvalidRequest as error:
            # Whoever gave a token meant to be allowed to; it may be one that is only not known here.
            if error.reason in NEEDS_TOKEN and (request.token_auth or request.params.text("token_auth")):
                outcome.dead[index] = f"its token_auth is not known to allow {NEEDS_TOKEN[error.reason]}"
            else:
                outcome.excluded[index] = error.reason
        except Exception as error:  # noqa: BLE001 - one request that trips a bug of ours must not stop its queue
            outcome.dead[index] = cause_of(error)
    return outcome
