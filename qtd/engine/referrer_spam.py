"""Referrer spam: whether a known spammer's domain occurs anywhere in the referrer, as a piece of text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from qtd.engine.php import ascii_lower

#: Characters that a domain's first dot must have before and behind it to be found by them.
_REACH = 2


class ReferrerSpam:
    """The spammers' list, indexed so that only the dots of a referrer are looked at."""

    def __init__(self, spammers: Iterable[str], cache_size: int = 10_000) -> None:
        #: text around the first dot -> domains with their distance from their start to that text
        self._around_dot: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        self._others: list[str] = []
        for line in spammers:
            domain = ascii_lower(line)
            dot = domain.find(".")
            if dot >= _REACH and len(domain) > dot + _REACH:
                start = dot - _REACH
                self._around_dot[domain[start : dot + _REACH + 1]].append((domain, start))
            elif domain:
                self._others.append(domain)
        self.is_spam = lru_cache(maxsize=cache_size)(self._is_spam)

    def _is_spam(self, urlref: str) -> bool:
        """Whether the referrer (the sanitized parameter `urlref`) contains a spammer's domain."""
        text = ascii_lower(urlref)
        dot = text.find(".", _REACH)
        while dot >= 0:
            start = dot - _REACH
            for domain, distance in self._around_dot.get(text[start : dot + _REACH + 1], ()):
                if start >= distance and text.startswith(domain, start - distance):
                    return True
            dot = text.find(".", dot + 1)
        return any(domain in text for domain in self._others)
