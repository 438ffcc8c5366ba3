from __future__ import annotations

import pytest

from qtd.store.column_type import ColumnType, parse_type


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("int(10) unsigned", ColumnType(name="int", size=10, unsigned=True)),
        ("unsigned int(10)", ColumnType(name="int", size=10, unsigned=True)),
        ("INT UNSIGNED", ColumnType(name="int", unsigned=True)),
        ("bigint(20)", ColumnType(name="bigint", size=20)),
        ("decimal(9,6)", ColumnType(name="decimal", size=9, scale=6)),
        ("decimal_text(9,6)", ColumnType(name="decimal", size=9, scale=6)),
        ("varchar(255)", ColumnType(name="varchar", size=255)),
        ("datetime", ColumnType(name="datetime")),
        ("enum('a','b')", ColumnType(name="enum")),
    ],
)
def test_notations_of_all_databases_are_read(notation: str, expected: ColumnType) -> None:
    """MariaDB's, MySQL 8's (without widths) and SQLite's spelling of a type mean the same."""
    assert parse_type(notation) == expected


@pytest.mark.parametrize(
    ("notation", "expected"),
    [
        ("tinyint(1)", (-128, 127)),
        ("tinyint(3) unsigned", (0, 255)),
        ("smallint(5) unsigned", (0, 65_535)),
        ("mediumint(8) unsigned", (0, 16_777_215)),
        ("int(11)", (-(2**31), 2**31 - 1)),
        ("bigint(20) unsigned", (0, 2**64 - 1)),
    ],
)
def test_integers_have_the_range_of_their_bytes(notation: str, expected: tuple[int, int]) -> None:
    """The number in brackets is a width for display and limits nothing."""
    assert parse_type(notation).integer_range == expected


def test_texts_are_limited_by_characters_or_by_bytes() -> None:
    """Varchar counts characters, the long texts count bytes."""
    assert parse_type("varchar(200)").max_characters == 200
    assert parse_type("varchar(200)").max_bytes is None
    assert parse_type("text").max_characters is None
    assert parse_type("text").max_bytes == 65_535
