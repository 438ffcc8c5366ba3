"""PHP's regular expressions (`/pattern/flags`) as administrators and lists write them."""

from __future__ import annotations

from functools import lru_cache

import regex

_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
#: `D`, `A` and `u` are treated apart; `U`, `S`, `X`, `J` and `n` do not change whether a pattern matches.
_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}
_KNOWN_FLAGS = frozenset("imsxADSUXJun \r\n")


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> regex.Pattern[str] | None:
    """Compile a PHP pattern with its delimiters, or return None where PHP's preg_match would give a warning.

    Apply it with `search`. Without the flag `u` PHP works on bytes: classes of letters then know ASCII only.
    """
    pattern = pattern.lstrip(" \t\n\r\v\f")
    if not pattern or (pattern[0].isascii() and pattern[0].isalnum()) or pattern[0] in "\\\0":
        return None
    end = _end(pattern)
    if end is None:
        return None
    flags = pattern[end + 1 :]
    if not _KNOWN_FLAGS.issuperset(flags):
        return None
    body = _to_python(pattern[1:end], dollar_is_end="D" in flags and "m" not in flags)
    if "A" in flags:
        body = rf"\A(?:{body})"
    python_flags = regex.VERSION0 | (regex.UNICODE if "u" in flags else regex.ASCII)
    for flag in flags:
        python_flags |= _FLAGS.get(flag, 0)
    try:
        return regex.compile(body, python_flags)
    except regex.error:
        return None


def _end(pattern: str) -> int | None:
    """Where the closing delimiter is; paired ones may be nested, a backslash hides the next character."""
    opening = pattern[0]
    closing = _CLOSING.get(opening, opening)
    depth = 0
    position = 1
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            position += 1
        elif character == closing:
            if depth == 0:
                return position
            depth -= 1
        elif character == opening:
            depth += 1
        position += 1
    return None


_ESCAPES = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t]", "R": r"(?>\r\n|\n|\x0b|\f|\r|\x85)", "e": r"\x1b"}


def _to_python(body: str, *, dollar_is_end: bool) -> str:
    """Rewrite what PCRE spells differently: ends of the text, quoted stretches, a few classes."""
    out: list[str] = []
    position = 0
    in_class = False
    while position < len(body):
        character = body[position]
        if character == "\\" and position + 1 < len(body):
            escaped = body[position + 1]
            position += 2
            if escaped == "Q":
                end = body.find("\\E", position)
                end = len(body) if end < 0 else end
                out.append(regex.escape(body[position:end]))
                position = end + 2
            elif escaped == "h" and in_class:
                out.append(r" \t")
            else:
                out.append(_ESCAPES.get(escaped, "\\" + escaped))
            continue
        if character == "[" and not in_class:
            in_class = True
            # A bracket that closes at once is an ordinary character of the class.
            start = "[^" if body.startswith("[^", position) else "["
            position += len(start)
            if body.startswith("]", position):
                start += r"\]"
                position += 1
            out.append(start)
            continue
        if character == "[" and body.startswith("[:", position) and ":]" in body[position:]:
            end = body.index(":]", position) + 2
            out.append(body[position:end])
            position = end
            continue
        if character == "]" and in_class:
            in_class = False
        elif character == "$" and not in_class and dollar_is_end:
            character = r"\Z"
        out.append(character)
        position += 1
    return "".join(out)
