"""Calls of Matomo's bulk tracking API and what they answer.

Source: Matomo's tracking API. A call is JSON with `requests` and a `token_auth` that counts for all of them. The answer
says how many requests were `tracked` (an excluded one is), how many were `invalid`, and to super users
`invalid_indices`: which ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from qtd.errors import MatomoRefuses, MatomoUnavailable
from qtd.wire.php_array import Param

_NOT_BULK = "is http.url right, and the plugin BulkTracking active?"


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkAnswer:
    """What became of a call's requests."""

    #: indices of those that were not recorded, because they never can be; all others were
    invalid: frozenset[int]
    #: whether Matomo takes the token for a super user's
    super_user: bool


def encode_call(requests: Sequence[Mapping[str, Param]], token: str) -> bytes:
    """Return a call's body; a request without parameters is one that records nothing."""
    return orjson.dumps({"requests": requests, "token_auth": token})


def read_answer(body: bytes, sent: int) -> BulkAnswer:
    """Return what the answer to a call of `sent` requests says; the body came with status 200.

    Raises:
        MatomoRefuses: it is none of the bulk API, or the token is no super user's: then it does not say which
            requests were invalid.
        MatomoUnavailable: not all were taken, because Matomo is told not to record, or waited for a lock in vain.
    """
    answer = _object(body)
    tracked, invalid, indices = (answer.get(key) for key in ("tracked", "invalid", "invalid_indices"))
    if answer.get("status") != "success" or type(tracked) is not int or type(invalid) is not int:
        raise MatomoRefuses(f"its answer is not that of the bulk tracking API; {_NOT_BULK}")
    if indices is None and invalid:
        raise MatomoRefuses(
            f"it calls {invalid} of {sent} requests invalid and does not say which: the token in http.token_file is"
            " no super user's, or not valid any more"
        )
    found = (
        frozenset(indices) if isinstance(indices, list) and all(type(one) is int for one in indices) else None
    )
    if invalid and (found is None or len(found) != invalid or not found <= frozenset(range(sent))):
        raise MatomoRefuses(f"its invalid_indices do not fit the {sent} requests that it was sent")
    if tracked + invalid < sent:
        why = "another transaction was in its way" if tracked else "it does not record (record_statistics)"
        raise MatomoUnavailable(f"it took {tracked} of {sent - invalid} requests: {why}")
    return BulkAnswer(invalid=found or frozenset(), super_user=indices is not None)


def _object(body: bytes) -> dict[str, object]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise MatomoRefuses(f"its answer is no JSON object; {_NOT_BULK}")
    return answer
