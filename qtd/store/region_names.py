"""The codes of regions by name, for databases that do not carry codes (DB-IP's free ones).

The names are the installation's own list, `plugins/GeoIp2/data/isoRegionNames.php`: a PHP file that returns an array of
countries, their region codes, and for each a name and former names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qtd.engine.php import ascii_lower

_FILE = "plugins/GeoIp2/data/isoRegionNames.php"
_TOKEN = re.compile(
    r"//[^\n]*|\#[^\n]*|/\*.*?\*/|(array\s*\(|\[)|([)\],])|'((?:[^'\\]|\\.)*)'|(=>)|([\w.-]+)", re.DOTALL
)
_NOTHING = object()
_ESCAPED = re.compile(r"\\([\\'])")
# Letters that are not made of a base letter and an accent.
_LETTERS = str.maketrans(
    {
        "Ł": "L",
        "ł": "l",
        "Ø": "O",
        "ø": "o",
        "Đ": "D",
        "đ": "d",
        "Ð": "D",
        "ð": "d",
        "\u0131": "i",
        "\u2019": "'",
    }
    | {"ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Þ": "TH", "þ": "th"}
)


class RegionNames:
    """Looks codes up; the list is read when the first name is asked for."""

    def __init__(self, matomo_path: Path | None = None) -> None:
        self._path = None if matomo_path is None else matomo_path / _FILE
        self._codes: dict[str, dict[str, str]] | None = None

    def code(self, country: str, name: str) -> str:
        """The region's code in a country (ISO 3166-1, upper case); empty where it is not known."""
        if self._codes is None:
            self._codes = self._read()
        return self._codes.get(country, {}).get(plain(name), "")

    def _read(self) -> dict[str, dict[str, str]]:
        if self._path is None or not self._path.is_file():
            return {}
        source = self._path.read_text(encoding="utf-8", errors="replace")
        regions_by_country = parse_array(source[source.find("return") :])
        codes: dict[str, dict[str, str]] = {}
        for country, regions in regions_by_country.items():
            names = codes.setdefault(country, {})
            for code, region in regions.items():
                for name in (region["name"], *region.get("altNames", {}).values()):
                    names.setdefault(plain(name), code)
        return codes


def plain(name: str) -> str:
    """The name in lower case and without accents: what is equal then is the same region."""
    decomposed = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return ascii_lower("".join(letter for letter in decomposed if not unicodedata.combining(letter)))


def parse_array(source: str) -> dict[str, Any]:
    """The first array of a PHP source, made of texts and arrays; keys are text, other values None."""
    tokens = _TOKEN.finditer(source)
    for token in tokens:
        if token[1]:
            return _array(tokens)
    return {}


def _array(tokens: Iterator[re.Match[str]]) -> dict[str, Any]:
    array: dict[str, Any] = {}
    key: str | None = None
    value: Any = _NOTHING
    for token in tokens:
        opening, end, quoted, arrow, word = token.groups()
        if opening:
            value = _array(tokens)
        elif quoted is not None:
            value = _ESCAPED.sub(r"\1", quoted)
        elif word:
            value = word if word.isdigit() else None
        elif arrow:
            key, value = str(value), _NOTHING
        elif end:
            if value is not _NOTHING:
                array[str(len(array)) if key is None else key] = value
            key, value = None, _NOTHING
            if end != ",":
                break
    return array
