"""Search words in another character set than UTF-8, as some search engines send them."""

from __future__ import annotations

import codecs

from qtd.engine.utf8 import to_bytes

#: Names of the list that Python knows under another one.
_PYTHON_NAMES = {"ms932": "cp932"}


def to_utf8(text: str, charsets: tuple[str, ...]) -> str:
    """Read the text's bytes in its character set; of several, the first they are valid in, else the last.

    Bytes that are not valid in it are dropped. Where nothing is left, where the bytes end within a character,
    and where the character set is unknown, the text stays as it is.
    """
    if not charsets or text.isascii():
        return text
    encoded = to_bytes(text)
    try:
        *others, last = [codecs.lookup(_PYTHON_NAMES.get(name.lower(), name)) for name in charsets]
    except LookupError:
        return text
    for codec in others:
        try:
            return codec.decode(encoded, "strict")[0]
        except UnicodeDecodeError:
            continue
    decoder = codecs.getincrementaldecoder(last.name)("ignore")
    words = decoder.decode(encoded)
    return text if not words or _begins_character(decoder.getstate()[0], last) else words


def _begins_character(start: bytes, codec: codecs.CodecInfo) -> bool:
    """Whether some byte would complete a character; PHP refuses a text that is cut off there."""
    for last_byte in range(0x40, 0x100) if start else ():
        try:
            codec.decode(start + bytes((last_byte,)), "strict")
        except UnicodeDecodeError:
            continue
        return True
    return False
