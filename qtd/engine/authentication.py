"""Whether a token may write to a site: what `cip`, old `cdt` and location parameters ask for.

Source: Matomo's `user_token_auth` and `access` tables. A token is stored as a digest, so plain tokens are
never kept.
"""

from __future__ import annotations

from hashlib import sha512

from qtd.engine.settings import Settings


def hash_token(token: str, salt: str) -> str:
    """The digest under which Matomo stores a token: SHA-512 of token and [General] salt, hexadecimal."""
    return sha512((token + salt).encode("utf-8", "surrogatepass")).hexdigest()


def authenticates(token: str, idsite: int, settings: Settings) -> bool:
    """Whether the token is a super user's, or that of a user with write or admin access to the site.

    Which digests the settings hold follows Matomo: none that has expired; and of super users none that is
    for secure requests only, because a replayed request does not tell how its token came.
    """
    if not token or idsite <= 0:
        return False
    digest = hash_token(token, settings.salt)
    return digest in settings.super_user_tokens or digest in settings.site_tokens.get(idsite, ())
