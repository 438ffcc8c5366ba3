from __future__ import annotations

import pytest

from qtd.engine.language import browser_language, country_of_language, visitor_language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("en-US,en;q=0.9", "en-us,en"),
        ("de_AT , de ; q=0.8", "de-at,de"),
        ("EN", "en"),
        ("fr (French), en", "fr,en"),
        (r"f\rr", "fr"),
        ("en-CA.UTF-8", "en-ca"),
        ("sr-SP,sr", "sr-rs,sr"),
        ("de,chrome://browser/locale/x", "de"),
        ("en-securid,de", "de"),
        ("de,en-securid,fr", "de,fr"),
        ("de,en-securid", "de"),
        ("*", "*"),
        ("", "c"),
        ("0", "c"),
        ('"><script>', "&quot;&gt;&lt;script&gt;"),
    ],
)
def test_the_header_is_cleaned_for_the_fingerprint(header: str, expected: str) -> None:
    """Case, white space, comments and qualities do not make another visitor; a missing header has a fixed text."""
    assert browser_language(header) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en-us,en", "en-us"),
        ("de", "de"),
        ("xy-de,fr-ca", "fr-ca"),
        ("zh-hant-tw", "zh-tw"),
        ("es-419", "es"),
        ("de-de-1996", "de-de"),
        ("x-klingon", "xx"),
        ("c", "xx"),
        ("*", "xx"),
        ("en-zz", "en-zz"),
        ("", ""),
        ("0", ""),
        ("DE", "xx"),
    ],
)
def test_the_visitors_language_is_the_first_known_one(language: str, expected: str) -> None:
    """With its region, which is not checked."""
    assert visitor_language(language) == expected


@pytest.mark.parametrize(
    ("language", "guessed", "certain"),
    [
        ("en-us,en", "us", "us"),
        ("de", "de", "xx"),
        ("de,fr-ca", "de", "ca"),
        ("en", "xx", "xx"),
        ("ja;x", "jp", "xx"),
        ("de-zz,fr-ca", "ca", "ca"),
        ("sr-latn-rs", "la", "la"),
        ("c", "xx", "xx"),
        ("xx", "xx", "xx"),
        ("", "xx", "xx"),
    ],
)
def test_a_language_may_tell_the_country(language: str, guessed: str, certain: str) -> None:
    """The first region that is a country's code, or where guessing is on the language's own country."""
    assert country_of_language(language, guess=True) == guessed
    assert country_of_language(language, guess=False) == certain
