from __future__ import annotations

import pytest

from qtd.store.settings.php_ini import parse_ini


def test_sections_keys_and_comments() -> None:
    """Keys belong to the section above them; comments and blank lines count for nothing."""
    text = (
        "; <?php exit; ?>\nearly = 1\n\n[Tracker]\nname = _pk_uid ; why\n# old comment\n[General]\nsalt=abc\n"
    )
    assert parse_ini(text) == {
        "": {"early": "1"},
        "Tracker": {"name": "_pk_uid"},
        "General": {"salt": "abc"},
    }


def test_arrays_append_or_name() -> None:
    """`key[]` counts up, `key[name]` names, and both may be mixed."""
    assert parse_ini('p[] = a\np[] = "b"\np[x] = c') == {"": {"p": {"0": "a", "1": "b", "x": "c"}}}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"with; semicolon"', "with; semicolon"),
        (r'"say \"hi\" \\ there"', 'say "hi" \\ there'),
        ("'single \"quoted\"'", 'single "quoted"'),
        ('"two\nlines"', "two\nlines"),
        ("plain words", "plain words"),
        ('""', ""),
        ("", ""),
        ("true", "1"),
        ("On", "1"),
        ("no", ""),
        ("null", ""),
        ('"true"', "true"),
        ("a=b", "a=b"),
    ],
)
def test_values(written: str, value: str) -> None:
    """Quotes keep what they hold; bare words for truth become 1 and nothing."""
    assert parse_ini(f"key = {written}\nnext = 1") == {"": {"key": value, "next": "1"}}


def test_later_keys_win_and_sections_continue() -> None:
    """A key that is there twice has its last value; a section may come again."""
    assert parse_ini("[A]\nk=1\n[B]\nk=2\n[A]\nk=3")["A"] == {"k": "3"}


@pytest.mark.parametrize("text", ['k = "never closed\n', "[A]\n[never closed\n"])
def test_what_is_no_ini_says_where(text: str) -> None:
    """An error names the line."""
    with pytest.raises(ValueError, match=r"line \d"):
        parse_ini(text)
