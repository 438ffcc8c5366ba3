from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from qtd.store.coerce import coercer, moment_text
from qtd.store.column_type import parse_type


@pytest.mark.parametrize(
    ("notation", "given", "kept"),
    [
        ("int(10) unsigned", 5, 5),
        ("int(10) unsigned", -2, 0),
        ("int(10) unsigned", 2**40, 2**32 - 1),
        ("int(10) unsigned", True, 1),
        ("int(10) unsigned", None, None),
        ("int(10) unsigned", 2.5, 3),
        ("int(10)", -2.5, -3),
        ("int(10)", float("inf"), 2**31 - 1),
        ("int(10)", "12abc", 12),
        ("int(10)", " 7.9x", 8),
        ("int(10)", "abc", 0),
        ("int(10)", "9" * 5000, 2**31 - 1),
        ("int(10)", "-" + "9" * 30, -(2**31)),
        ("bigint(20) unsigned", "18446744073709551615", 2**64 - 1),
        ("double", "1" + "0" * 30, 1e30),
        ("tinyint(1)", 300, 127),
        ("varchar(3)", "abcd", "abc"),
        ("varchar(3)", "äöü€", "äöü"),
        ("varchar(3)", "ab ", "ab "),
        ("varchar(3)", 1234, "123"),
        ("char(3)", "de ", "de"),
        ("char(3)", "abcd", "abc"),
        ("tinytext", "é" * 200, "é" * 127),
        ("binary(4)", b"ab", b"ab\0\0"),
        ("binary(4)", b"abcdef", b"abcd"),
        ("varbinary(16)", b"ab", b"ab"),
        ("decimal(9,6)", "52.5", "52.500000"),
        ("decimal(9,6)", 1.0000005, "1.000001"),
        ("decimal(9,6)", Decimal(5000), "999.999999"),
        ("decimal(9,6)", "x", "0.000000"),
        ("double", "1.5", 1.5),
        ("double", float("nan"), 0.0),
        ("float", 1234567.891, 1234570.0),
        ("float", 0.1, 0.1),
        ("float", 1e300, 3.40282e38),
        ("datetime", 1_794_304_800, "2026-11-10 10:00:00"),
        ("datetime", "2026-11-10 10:00:00", "2026-11-10 10:00:00"),
        ("time", "12:13:14", "12:13:14"),
    ],
)
def test_values_become_what_the_column_keeps(notation: str, given: Any, kept: Any) -> None:
    """Cut, clamped and rounded as MariaDB does outside its strict mode; null stays null."""
    result = coercer(parse_type(notation))([given, None])
    assert result == [kept, None]
    assert type(result[0]) is type(kept)


def test_three_byte_character_sets_keep_no_emoji() -> None:
    """Old installations have utf8 of three bytes; strict sessions would refuse the row."""
    assert coercer(parse_type("varchar(9)"), charset="utf8mb3")(["a😀b€"]) == ["a\ufffdb€"]


def test_moments_beyond_the_epoch_of_32_bits() -> None:
    """Unix seconds after 2038 and before 1970 are moments like others."""
    assert moment_text(4_102_444_800) == "2100-01-01 00:00:00"
    assert moment_text(-1) == "1969-12-31 23:59:59"
