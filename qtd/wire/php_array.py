"""PHP arrays as PHP's input parser fills them, and the plain value that stands for one in a queue entry.

A PHP array is an ordered map whose keys are integers or strings; `json_encode` writes it as a list if its
keys are 0, 1, 2 ... in order, else as an object. A `Param` holds what that JSON says: a list or a dict
with text keys. An integer key and its decimal text are the same key in PHP, so text keys lose nothing.

Source of the rules: PHP 8.2's documented handling of external variables, checked against PHP 8.2 itself.
"""

from __future__ import annotations

from typing import Final, TypeAlias

Param: TypeAlias = "str | int | float | bool | list[Param] | dict[str, Param] | None"
"""One parameter's value; query strings and forms give only text, lists and dicts, bulk JSON any of these."""

MAX_VARIABLES: Final = 1000
"""PHP's `max_input_vars`: variables of one source beyond this number are dropped."""
MAX_NESTING: Final = 64
"""PHP's `max_input_nesting_level`: a variable nested deeper is dropped with all it had."""
MAX_INTEGER: Final = 2**63 - 1
"""The greatest integer PHP holds as one; beyond, array keys stay text and numbers become floats."""

#: A variable's name taken apart: its array's name, then the keys below it, None for `[]`.
Path: TypeAlias = "tuple[str | None, ...]"

#: Stands for a last key that PHP refuses, having made the arrays on the way; no real key holds a NUL.
_REFUSED: Final = "\0"
_SPACES: Final = " \t\n\r\v\f"
_MANGLED: Final = str.maketrans(" .[", "___")


class PhpArray(dict[str, "str | PhpArray"]):
    """An array while it is being filled: also knows the key that `[]` takes next."""

    __slots__ = ("next_index",)

    def __init__(self) -> None:
        super().__init__()
        self.next_index: int | None = None

    def put(self, key: str | None, value: str | PhpArray) -> bool:
        """Set `key`, or append where it is None; False where PHP has no integer left to append."""
        if key is None:
            index = self.next_index or 0
            if index > MAX_INTEGER:
                return False
            key = str(index)
        else:
            number = _integer_key(key)
            if number is None:
                self[key] = value
                return True
            index = number
        self[key] = value
        if self.next_index is None or index >= self.next_index:
            self.next_index = index + 1
        return True


def _integer_key(key: str) -> int | None:
    """Return the integer that PHP takes `key` for: canonical decimals within 64 bits, nothing else."""
    digits = key[1:] if key[:1] == "-" else key
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or (digits[0] == "0" and key != "0"):
        return None
    number = int(key)
    return number if -MAX_INTEGER - 1 <= number <= MAX_INTEGER else None


def register(array: PhpArray, path: Path, value: str, *, keep_first: bool = False) -> None:
    """Set one variable in `array` as PHP does, making the arrays on its way.

    With `keep_first` a variable that has a plain name and is already there stays as it is (cookies: the more
    specific path comes first).
    """
    if len(path) > MAX_NESTING + 1:
        array.pop(path[0] or "", None)
        return
    if len(path) == 1:
        if not (keep_first and path[0] in array):
            array.put(path[0], value)
        return
    for key in path[:-1]:
        inner = array.get(key) if key is not None else None
        if not isinstance(inner, PhpArray):
            inner = PhpArray()
            if not array.put(key, inner):
                return
        array = inner
    if path[-1] != _REFUSED:
        array.put(path[-1], value)


def plain(array: PhpArray) -> dict[str, Param]:
    """Return the filled array as a dict; the arrays in it as `json_encode` would write them."""
    return {key: value if type(value) is str else _value(value) for key, value in array.items()}


def _value(value: str | PhpArray) -> Param:
    if isinstance(value, str):
        return value
    if (value.next_index or 0) == len(value) and all(map(str.__eq__, value, map(str, range(len(value))))):
        return [_value(item) for item in value.values()]
    return {key: _value(item) for key, item in value.items()}


def variable_path(name: bytes) -> Path | None:
    """Take a variable's decoded name apart as PHP does: `a.b[c][]` is `a_b`, `c`, None; None: no variable.

    Bytes that are not UTF-8 become U+FFFD.
    """
    # Byte for byte as text, so that every byte has one position; made UTF-8 again at the end.
    text = name.split(b"\0", 1)[0].decode("latin-1").lstrip(" ")
    bracket = text.find("[")
    top = (text if bracket < 0 else text[:bracket]).translate(_MANGLED)
    if not top:
        return None
    keys: list[str | None] = []
    while bracket >= 0:
        start = bracket + 1
        inner = start + 1 if text[start : start + 1] in tuple(_SPACES) else start
        if text[inner : inner + 1] == "]":
            end = inner
            keys.append(None)
        else:
            end = text.find("]", inner)
            if end < 0:
                if not keys:  # an opening bracket alone is a letter PHP does not allow in names
                    top += text[bracket:].translate(_MANGLED)
                break
            keys.append(text[start:end])
        bracket = end + 1 if text[end + 1 : end + 2] == "[" else -1
    if _forged_prefix(top, text):
        return None
    for depth, key in enumerate(keys):
        if _forged_prefix(key, text):
            keys[depth:] = [_REFUSED]
            break
    return (_utf8(top), *(None if key is None else _utf8(key) for key in keys))


def _forged_prefix(key: str | None, name: str) -> bool:
    """Say whether a key has one of the prefixes that browsers guard while the name has not."""
    return key is not None and any(
        key.startswith(prefix) and not name.startswith(prefix) for prefix in ("__Host-", "__Secure-")
    )


def _utf8(text: str) -> str:
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")
