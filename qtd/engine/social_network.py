"""Social networks: which one a referrer belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache


class SocialNetworks:
    """The known domains, in the list's order; the first that occurs in the address as its own name counts.

    A domain is a pattern in Matomo: its dots stand for any character, and the whole address is searched.
    """

    def __init__(self, names_by_domain: Mapping[str, str], cache_size: int = 10_000) -> None:
        self._networks = [
            (re.compile(rf"(?:^|[./]){_escaped(domain)}(?:[./]|$)"), name)
            for domain, name in names_by_domain.items()
            if "/" not in domain
        ]
        anything = "|".join(_escaped(domain) for domain in names_by_domain if "/" not in domain)
        self._any = re.compile(rf"(?:^|[./])(?:{anything})(?:[./]|$)") if anything else None
        self.detect = lru_cache(maxsize=cache_size)(self._detect)

    def _detect(self, url: str) -> str | None:
        """The network's name, null where the address is of none."""
        if self._any is None or not self._any.search(url):
            return None
        return next((name for pattern, name in self._networks if pattern.search(url)), None)


def _escaped(domain: str) -> str:
    return re.escape(domain).replace(r"\.", ".")
