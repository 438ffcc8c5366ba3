from __future__ import annotations

import pytest

from qtd.engine.invalid import InvalidRequest
from qtd.engine.page_performance import check_times, times_of_page_view, times_sent_later
from qtd.engine.params import Params

LONGEST = 16_777_215


def test_times_of_a_page_view() -> None:
    """In milliseconds; what is no number or too long for the column is left out."""
    params = Params(
        {"pf_net": "1", "pf_srv": "0", "pf_tfr": "x", "pf_dm1": str(LONGEST), "pf_dm2": str(LONGEST + 1)}
    )
    assert times_of_page_view(params) == {
        "time_network": 1,
        "time_server": 0,
        "time_dom_processing": LONGEST,
    }


def test_a_negative_time_makes_a_page_view_invalid() -> None:
    """But for -1, which stands for none."""
    assert times_of_page_view(Params({"pf_onl": "-1"})) == {}
    with pytest.raises(InvalidRequest) as caught:
        times_of_page_view(Params({"pf_onl": "-2"}))
    assert caught.value.reason == "negative_page_performance"


def test_later_times_are_not_negative() -> None:
    """There they are left out, and one that is too long is refused when it has somewhere to go."""
    times = times_sent_later(Params({"pf_net": "-2", "pf_srv": "5", "pf_onl": str(LONGEST + 1)}))
    assert times == {"time_server": 5, "time_on_load": LONGEST + 1}
    check_times({"time_server": LONGEST})
    with pytest.raises(InvalidRequest) as caught:
        check_times(times)
    assert caught.value.reason == "page_performance_range"
