"""A queue's entry as recording sees it: the stored bytes, what they say, and what tells them from all others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qtd.errors import EntryError
from qtd.store.cause import cause_of
from qtd.store.ledger import digest
from qtd.wire.request_set import RequestSet, decode, digest_of, identity


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One of them."""

    stored: bytes
    identity: str
    #: of the identity, as the ledger keeps it
    digest: bytes
    #: null where the stored bytes can not be decoded, for the cause
    request_set: RequestSet | None
    #: for people; quotes nothing of the entry
    cause: str = ""

    @property
    def requests(self) -> int:
        """Tracking requests in it; one that can not be decoded counts as one."""
        return 1 if self.request_set is None else len(self.request_set.requests)


def read_entry(stored: bytes) -> Entry:
    """The entry of stored bytes, decodable or not."""
    request_set, cause = None, ""
    try:
        request_set = decode(stored)
    except EntryError as error:
        cause = str(error)
    except Exception as error:  # noqa: BLE001 - an entry that trips a bug of ours must not stop its queue
        cause = cause_of(error)
    name = digest_of(stored) if request_set is None else identity(stored, request_set)
    return Entry(stored=stored, identity=name, digest=digest(name), request_set=request_set, cause=cause)


def unapplied(entries: Iterable[Entry], applied: set[bytes]) -> tuple[list[Entry], int]:
    """Those entries whose digests were not `applied` before, each once, and the number of requests in all others."""
    seen, fresh, repeated = set(applied), [], 0
    for entry in entries:
        if entry.digest in seen:
            repeated += entry.requests
        else:
            seen.add(entry.digest)
            fresh.append(entry)
    return fresh, repeated
