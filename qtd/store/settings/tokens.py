"""Which token digests may write to which site, from the tables `user_token_auth`, `user` and `access`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection

from qtd.store.coerce import moment_text
from qtd.store.settings.read import flag, read_rows

#: The only algorithm that Matomo has (SHA-512 of token and salt); another one would not be comparable.
_ALGORITHM = "sha512"

_WRITING = frozenset({"admin", "write"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Tokens:
    """The digests that count now."""

    super_users: frozenset[str]
    sites: dict[int, frozenset[str]]


def read_tokens(connection: Connection, prefix: str, now: float) -> Tokens:
    """Digests that have not expired at `now` (Unix seconds).

    A token for secure requests only is none for a super user here, because a replayed request does not tell
    how its token came; for a site's users Matomo makes no such difference.
    """
    digests: defaultdict[str, list[str]] = defaultdict(list)
    secure_only: set[str] = set()
    for row in read_rows(
        connection,
        f"{prefix}user_token_auth",
        "date_expired IS NULL OR date_expired > :now",
        {"now": moment_text(int(now))},
    ):
        if row["hash_algo"] == _ALGORITHM:
            digests[row["login"]].append(row["password"])
            if flag(row.get("secure_only")):
                secure_only.add(row["password"])
    super_users: set[str] = set()
    for row in read_rows(connection, f"{prefix}user", "superuser_access = 1"):
        super_users.update(digest for digest in digests[row["login"]] if digest not in secure_only)
    sites: defaultdict[int, set[str]] = defaultdict(set)
    for row in read_rows(connection, f"{prefix}access"):
        if row["access"] in _WRITING:
            sites[int(row["idsite"])].update(digests[row["login"]])
    return Tokens(
        super_users=frozenset(super_users), sites={idsite: frozenset(some) for idsite, some in sites.items()}
    )
