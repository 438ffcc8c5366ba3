"""A queue's entry for people: secrets and personal data hidden unless they ask for them."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any, Final

from qtd.errors import UndecodableEntry
from qtd.log.redact import HIDDEN, redact
from qtd.wire.request_set import decode

#: Tracking parameters that say who somebody is.
_PERSONAL: Final = frozenset({"uid", "_id", "cid", "cip"})
#: The same within a query: REQUEST_URI and QUERY_STRING repeat what a GET request had.
_IN_QUERY: Final = re.compile(rf"((?:^|(?<=[?&]))(?:{'|'.join(sorted(_PERSONAL))})=)[^&#]*")


def entry_document(stored: bytes, *, reveal: bool) -> dict[str, Any]:
    """Return what an entry says; of one that can not be decoded its size and, with `reveal`, its bytes as text."""
    try:
        request_set = decode(stored)
    except UndecodableEntry:
        undecodable: dict[str, Any] = {"undecodable_bytes": len(stored)}
        return undecodable | ({"text": stored.decode("utf-8", "backslashreplace")} if reveal else {})
    document = asdict(request_set)
    if reveal:
        return document
    document["server"] = {
        name: _IN_QUERY.sub(rf"\1{HIDDEN}", value) if isinstance(value, str) else value
        for name, value in document["server"].items()
    }
    document["requests"] = [
        {name: HIDDEN if name in _PERSONAL else value for name, value in request.items()}
        for request in document["requests"]
    ]
    return redact(document)
