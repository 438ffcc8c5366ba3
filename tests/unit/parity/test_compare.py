from __future__ import annotations

from typing import Any

from qtd.parity.compare import ABSENT, Comparison, Difference, compare


def conversions(expected: list[Any], got: list[Any]) -> Comparison:
    """Compare rows of a table without order."""
    return compare({"log_conversion": expected}, {"log_conversion": got})


def test_equal_rows() -> None:
    """Nothing to say."""
    rows: dict[str, list[Any]] = {"log_visit": [{"a": 1, "b": None}], "option": ["x"]}
    result = compare(rows, rows)
    assert (result.rows, result.rows_equal, result.differences) == (2, 2, [])


def test_a_difference_names_table_row_and_column() -> None:
    """With what was expected and what is there; a missing column is one too."""
    result = compare({"log_visit": [{"a": 1}, {"a": 1, "b": 2}]}, {"log_visit": [{"a": 1}, {"a": 3}]})
    assert sorted(result.differences, key=lambda one: one.column) == [
        Difference(table="log_visit", row=1, column="a", expected=1, got=3),
        Difference(table="log_visit", row=1, column="b", expected=2, got=ABSENT),
    ]
    assert (result.rows, result.rows_equal) == (2, 1)


def test_types_count() -> None:
    """A number is no text, and null is not 0."""
    for one, other in ((1, "1"), (0, None), ("", None)):
        assert compare({"log_visit": [{"a": one}]}, {"log_visit": [{"a": other}]}).differences


def test_rows_missing_or_too_many() -> None:
    """Both are differences of the whole row."""
    assert compare({"log_visit": [{"a": 1}]}, {}).rows_equal == 0
    assert compare({"log_visit": []}, {"log_visit": [{"a": 1}]}).differences[0].expected == ABSENT


def test_visits_have_an_order_and_conversions_have_none() -> None:
    """Rows of log_visit and log_link_visit_action are compared by their place."""
    swapped: list[Any] = [{"a": 1}, {"a": 2}]
    assert compare({"log_visit": swapped}, {"log_visit": swapped[::-1]}).differences
    assert not conversions(swapped, swapped[::-1]).differences


def test_any_takes_a_value_of_its_kind() -> None:
    """Random values are open; their type is not."""
    assert not conversions([{"a": {"any": "int"}}], [{"a": 5}]).differences
    assert conversions([{"a": {"any": "int"}}], [{"a": "5"}]).differences
    assert conversions([{"a": {"any": "str"}}], [{"a": None}]).differences
    assert not conversions([{"a": {"any": "NoneType"}}], [{"a": None}]).differences


def test_open_values_are_matched_so_that_most_rows_fit() -> None:
    """A row that fits to several gives way to one that fits to one only."""
    expected: list[Any] = [
        {"a": {"any": "int"}, "b": 1},
        {"a": 7, "b": 1},
        {"a": {"any": "int"}, "b": {"any": "int"}},
    ]
    got = [{"a": 7, "b": 1}, {"a": 8, "b": 1}, {"a": 9, "b": 2}]
    assert not conversions(expected, got).differences
    assert not conversions(expected, got[::-1]).differences


def test_unequal_rows_are_compared_with_the_most_similar() -> None:
    """So that the difference shown is the one that matters."""
    result = conversions([{"a": 1, "b": 1, "c": 1}], [{"a": 9, "b": 9, "c": 9}, {"a": 1, "b": 1, "c": 2}])
    assert result.differences[0] == Difference(table="log_conversion", row=0, column="c", expected=1, got=2)


def test_the_moment_of_the_recording_does_not_count() -> None:
    """A failure's date is when it was recorded, there and here."""
    row = {"date_first_occurred": "2026-11-21 17:04:46", "idsite": 1}
    other = {**row, "date_first_occurred": "2027-01-01 00:00:00"}
    assert not compare({"tracking_failure": [row]}, {"tracking_failure": [other]}).differences
