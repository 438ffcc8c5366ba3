"""The cookie by which a visitor asks not to be tracked (Matomo's opt-out page sets it).

Its content is `name=value` pairs between colons, values in base64; old Matomo versions signed it and
serialized the values. Only `ignore=*` counts, so a cookie that merely exists does not.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha1

from qtd.engine.php import Param, is_numeric

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_SIGNATURE = re.compile(r"(.*:_=)([0-9a-f]{40})", re.DOTALL)
_WANTED = b"*"
_WANTED_SERIALIZED = b's:1:"*";'


def is_ignored(cookies: Mapping[str, Param], name: str, salt: str) -> bool:
    """Whether the cookie of this name says `ignore=*`; `salt` is Matomo's [General] salt, which signs old cookies."""
    content = cookies.get(name)
    if not isinstance(content, str) or "=" not in content:
        return False
    wanted = _WANTED
    signature = _SIGNATURE.fullmatch(content)
    if signature is not None and _sign(signature[1], salt) == signature[2] and signature[1] != ":_=":
        content, wanted = signature[1].removesuffix(":_="), _WANTED_SERIALIZED
    values = dict(pair.partition("=")[::2] for pair in content.split(":"))
    value = values.get("ignore", "")
    return not is_numeric(value) and _decoded(value) == wanted


def _sign(text: str, salt: str) -> str:
    return sha1((text + salt).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _decoded(text: str) -> bytes:
    """PHP's base64_decode: foreign characters are skipped, a cut last group counts as far as it goes."""
    text = _NOT_BASE64.sub("", text)
    if len(text) % 4 == 1:
        text = text[:-1]
    return b64decode(text + "=" * (-len(text) % 4))
