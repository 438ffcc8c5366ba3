from __future__ import annotations

from typing import Any

from redis import exceptions

from qtd.config.values import Address
from qtd.doctor.check import Check
from qtd.doctor.sentinels import Answer, check_sentinels, master_of
from tests.unit.doctor.facts import verdicts


def _state(**changes: Any) -> dict[str, Any]:
    return {
        "ip": "10.0.0.1",
        "port": 6379,
        "is_sdown": False,
        "is_odown": False,
        "num-other-sentinels": 2,
        "quorum": 2,
        "down-after-milliseconds": 5000,
        **changes,
    }


def _checked(answers: dict[str, Answer]) -> list[Check]:
    return list(check_sentinels(answers, master_name="mymaster"))


GONE = exceptions.ConnectionError("Error 111")


def test_three_that_agree() -> None:
    """All is well, and it is said how long a failover lets wait."""
    found = _checked({"a:1": _state(), "b:1": _state(), "c:1": _state()})
    assert set(verdicts(found).values()) == {"ok"}
    assert any("5 s after the master is gone" in check.found for check in found)
    assert master_of({"a:1": GONE, "b:1": _state()}) == Address("10.0.0.1", 6379)


def test_one_away_is_doubtful_and_two_are_too_many() -> None:
    """Two of three can still agree on a failover, one alone can not."""
    one = verdicts(_checked({"a:1": _state(), "b:1": _state(), "c:1": GONE}))
    assert (one["sentinel.connection"], one["sentinel.quorum"]) == ("warning", "ok")
    two = verdicts(_checked({"a:1": _state(), "b:1": GONE, "c:1": GONE}))
    assert two["sentinel.quorum"] == "error"


def test_all_away() -> None:
    """Each is an error, and nobody names a master."""
    answers: dict[str, Answer] = {"a:1": GONE, "b:1": GONE}
    assert [check.verdict.value for check in _checked(answers)] == ["error", "error"]
    assert master_of(answers) is None


def test_they_have_to_know_the_master_and_agree() -> None:
    """On its name, its address, and that it is up."""
    unknown = _checked({"a:1": None, "b:1": _state()})
    assert "no master by the name mymaster" in unknown[0].found
    other = verdicts(_checked({"a:1": _state(), "b:1": _state(ip="10.0.0.2"), "c:1": _state()}))
    assert other["sentinel.master"] == "error"
    down: dict[str, Answer] = {"a:1": _state(is_sdown=True), "b:1": _state()}
    assert verdicts(_checked(down))["sentinel.master"] == "error"
    assert master_of({"a:1": _state(is_odown=True)}) is None


def test_a_quorum_needs_enough_of_them() -> None:
    """Two Sentinels are too few to lose one, and a quorum above their number is never reached."""
    two = verdicts(
        _checked({"a:1": _state(**{"num-other-sentinels": 1}), "b:1": _state(**{"num-other-sentinels": 1})})
    )
    assert two["sentinel.quorum"] == "warning"
    high = verdicts(_checked({name: _state(quorum=4) for name in ("a:1", "b:1", "c:1")}))
    assert high["sentinel.quorum"] == "error"
