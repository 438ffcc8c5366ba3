"""The Cookie header to PHP's $_COOKIE."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from qtd.wire.php_array import MAX_VARIABLES, Param, PhpArray, plain, register, variable_path


def parse_cookies(header: bytes) -> dict[str, Param]:
    """Parse a Cookie header; several headers are joined with `; ` before.

    Names are not URL-decoded, values are, but `+` stays `+`. Of several cookies with one name the first wins.
    """
    array = PhpArray()
    count = 0
    for part in header.split(b";"):
        name, _, value = part.lstrip(b" \t\n\r\v\f").partition(b"=")
        if not name:
            continue
        count += 1
        if count > MAX_VARIABLES:
            break
        path = variable_path(name)
        if path is not None:
            register(array, path, unquote_to_bytes(value).decode("utf-8", "replace"), keep_first=True)
    return plain(array)
