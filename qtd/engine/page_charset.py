"""Query values of a page that is not in UTF-8: the tracking parameter `cs` names the page's character set.

Source: Matomo reads such values in it only where it looks for searched words, and what is then still not UTF-8
stays as it is in the URL.
"""

from __future__ import annotations

import codecs
from functools import lru_cache
from urllib.parse import quote_plus, unquote_to_bytes

from qtd.engine.php import urlencode

#: Character sets that PHP's mbstring knows, by the names that pages give them; Python knows more.
_KNOWN = frozenset(
    {
        "ascii",
        "us-ascii",
        "utf8",
        "utf-7",
        "utf-16",
        "utf-16be",
        "utf-16le",
        "utf-32",
        "koi8-r",
        "koi8r",
        "koi8-u",
    }
    | {f"iso-8859-{part}" for part in (*range(1, 11), 13, 14, 15, 16)}
    | {f"iso8859-{part}" for part in (*range(1, 11), 13, 14, 15, 16)}
    | {f"latin{number}" for number in (1, 2, 3, 4, 5, 6, 8)}
    | {f"{prefix}{number}" for number in (1251, 1252, 1254) for prefix in ("windows-", "cp")}
    | {
        "cp866",
        "ibm866",
        "cp850",
        "ibm850",
        "cp932",
        "ms932",
        "windows-31j",
        "cp936",
        "gbk",
        "cp949",
        "cp950",
    }
    | {"euc-jp", "euc_jp", "eucjp", "shift_jis", "shift-jis", "sjis", "iso-2022-jp"}
    | {
        "gb2312",
        "euc-cn",
        "gb18030",
        "gb-18030",
        "hz",
        "big5",
        "big-5",
        "euc-kr",
        "euc_kr",
        "euckr",
        "iso-2022-kr",
    }
)

#: Names that Python spells otherwise.
_PYTHON = {"big-5": "big5", "windows-31j": "cp932", "gb-18030": "gb18030"}


def in_utf8(value: str, charset: str) -> str:
    """A URL-encoded value of a page in `charset`, URL-encoded in UTF-8; unchanged where it is not valid in it."""
    codec = _codec(charset.lower())
    if codec is None:
        return value
    try:
        return urlencode(codec.decode(unquote_to_bytes(value.replace("+", " ")), "strict")[0])
    except UnicodeDecodeError:
        return value


def decoded_value(value: str) -> str:
    """A value without its URL encoding, unless that would not be UTF-8."""
    decoded = unquote_to_bytes(value.replace("+", " "))
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        return quote_plus(decoded, safe="").replace("~", "%7E")


@lru_cache(maxsize=64)
def _codec(charset: str) -> codecs.CodecInfo | None:
    return codecs.lookup(_PYTHON.get(charset, charset)) if charset in _KNOWN else None
