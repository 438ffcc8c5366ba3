"""What clients may send that means nothing: recorded or kept out as best it goes, it buries and stops nothing."""

from __future__ import annotations

import zlib
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from qtd.cli.bench.garbage import spoil
from qtd.store.dead_letters import DeadLetters, Selection
from tests.integration.store.rows import NOW
from tests.integration.store.test_native import entry, native, pages

NAMES = (  # noqa: SIM905 - a line for each would be a page
    "idsite rec url urlref action_name _id cid uid res h m s cdt lang ua cip new_visit e_c e_a e_n e_v c_n c_p c_t c_i"
    " idgoal revenue ec_id ec_items ec_tx ec_sh ec_dt ec_st search search_cat search_count link download pv_id pf_net"
    " pf_srv pf_dm1 _cvar cvar dimension1 bots ping gt_ms cookie java pdf country region city lat long _rcn _rck _ref"
    " _idts _idvc _viewts _ects _pks _pkn _pkp token_auth ca uadata send_image cs"
).split()
NUMBERS = ("9" * 5000, "-" + "9" * 5000, "0." + "9" * 5000, "0" * 5000 + "1", "1e308", "1e5000", "9" * 30)
TEXTS = ("", "0", "\0", "a\0b", "é😀" * 50, "x" * 70_000, "[]", "{}", "<b>", "'\"\\", "%00%ff", "NaN", "inf")
TIMES = ("2026-11-10 10:00:00", "1970-01-01", "9999-12-31 23:59:59", "@99999999999", f"@{'9' * 5000}", "now")
OTHERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**18,
    -(2**63),
    1e300,
    -0.0,
    [],
    {},
    ["a"],
    {"a": "b"},
    {"0": {"1": ["x"]}},
)
NONSENSE = (*NUMBERS, *TEXTS, *TIMES, *OTHERS)
HEADERS = ("REMOTE_ADDR", "HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE", "HTTP_REFERER", "REQUEST_TIME", "HTTPS")


def nonsense(number: int, random: Random) -> bytes:
    """A page view in which up to six parameters and two headers are something else."""
    document: dict[str, Any] = orjson.loads(entry(number))
    [request] = document["requests"]
    request |= {random.choice(NAMES): random.choice(NONSENSE) for _ in range(random.randint(1, 6))}
    server = document["env"]["server"]
    server |= {random.choice(HEADERS): random.choice(NONSENSE) for _ in range(random.randint(0, 2))}
    if random.random() < 0.1:
        document["requests"] = random.choice(
            ([], {}, {"a": request}, [request, request], [None], ["x"], [[]])
        )
    document["time"] = NOW
    return zlib.compress(orjson.dumps(document))


@pytest.mark.parametrize("seed", [1, 2])
def test_nonsense_is_no_dead_letter(engine: Engine, seed: int) -> None:
    """Neither the engine nor the database trips over it: that would cost a batch's halving each time."""
    random, worker = Random(seed), native(engine)
    for first in range(0, 300, 50):
        batch = [nonsense(number, random) for number in range(first, first + 50)]
        assert worker.record(0, batch, fence=None).dead_entries == ()


def test_garbage_leaves_the_rest_as_it_is(engine: Engine) -> None:
    """Of 500 entries 5 can not be decoded: the others are recorded in order, and those are kept with their causes."""
    stored = [entry(number) for number in range(500)]
    spoilt, count = spoil(stored, percent=1, random=Random(1))
    result = native(engine).record(0, spoilt, fence=None)
    assert (count, result.recorded, result.dead) == (5, 495, 5)
    good = [number for number, (one, other) in enumerate(zip(stored, spoilt, strict=True)) if one == other]
    assert pages(engine) == [str(number) for number in good]
    letters = list(DeadLetters(engine, "m_").select(Selection()))
    assert sorted(letter.entry for letter in letters) == sorted(set(spoilt) - set(stored))
    assert all(letter.cause for letter in letters)
