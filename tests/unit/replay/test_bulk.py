"""Answers of the bulk API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from qtd.errors import MatomoRefuses, MatomoUnavailable
from qtd.replay.bulk import encode_call, read_answer


def answer(**values: Any) -> bytes:
    """One with success."""
    return orjson.dumps({"status": "success", "tracked": 3, "invalid": 0, **values})


def test_a_call_is_what_matomo_takes_for_one() -> None:
    """It looks for the word in quotes, and not at the very beginning."""
    body = encode_call([{"idsite": "1"}], "abc")
    assert body.find(b'"requests"') > 0
    assert orjson.loads(body) == {"requests": [{"idsite": "1"}], "token_auth": "abc"}


def test_answers_say_which_requests_were_invalid() -> None:
    """To super users also that there were none; for others none may be."""
    assert read_answer(answer(tracked=2, invalid=1, invalid_indices=[1]), 3).invalid == {1}
    assert read_answer(answer(invalid_indices=[]), 3).super_user
    assert not read_answer(answer(), 3).super_user


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        answer(status="error"),
        answer(tracked="3"),
        answer(tracked=2, invalid=1),
        answer(tracked=2, invalid=1, invalid_indices=[3]),
        answer(tracked=2, invalid=1, invalid_indices=[True]),
        answer(tracked=1, invalid=2, invalid_indices=[1, 1]),
        answer(tracked=2, invalid=1, invalid_indices={"a": 1}),
    ],
)
def test_what_does_not_say_so_is_refused(body: bytes) -> None:
    """Whatever is unclear must not count as recorded."""
    with pytest.raises(MatomoRefuses):
        read_answer(body, 3)


def test_fewer_than_were_sent_is_no_success() -> None:
    """Matomo answers so while it is told not to record, and after waiting for a lock in vain."""
    with pytest.raises(MatomoUnavailable, match="took 2 of 3"):
        read_answer(answer(tracked=2), 3)
    with pytest.raises(MatomoUnavailable, match="record_statistics"):
        read_answer(answer(tracked=0), 3)
