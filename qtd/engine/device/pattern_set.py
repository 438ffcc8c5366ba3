"""Many patterns at once: which of them matches an agent first, without trying them all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from ahocorasick_rs import BytesAhoCorasick

from qtd.engine.device.agent import Agent
from qtd.engine.device.literals import evidence
from qtd.engine.device.pcre import UnsupportedPattern, parse


class PatternSet:
    """Patterns in their order; a pattern matches where a word of the agent begins (see `Agent.starts`).

    One pass over the agent finds the texts without which no pattern can match; only the patterns found so are
    tried. They are compiled when first tried, since most never are.
    """

    __slots__ = ("_always", "_automaton", "_compiled", "_owners", "_sources")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._sources: list[bytes] = []
        self._always: list[int] = []
        owners: dict[bytes, list[int]] = {}
        for index, text in enumerate(patterns):
            try:
                pattern = parse(text)
            except UnsupportedPattern:
                self._sources.append(text.encode())
                self._always.append(index)
                continue
            self._sources.append(pattern.source)
            found = [evidence(alternative) for alternative in pattern.alternatives]
            if not all(found):
                self._always.append(index)
                continue
            for item in chain.from_iterable(found):
                mark = index * 2 + item.leading
                for literal in item.texts:
                    owners.setdefault(literal, []).append(mark)
        #: text number -> patterns that need it, each as 2 * number + whether it must lead
        self._owners = list(owners.values())
        self._automaton = BytesAhoCorasick(list(owners)) if owners else None
        self._compiled: list[re.Pattern[bytes] | None] = [None] * len(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def first(self, agent: Agent) -> tuple[int, re.Match[bytes]] | None:
        """The number and the leftmost match of the first pattern that matches."""
        for index, starts in self._candidates(agent):
            compiled = self._compiled[index] or self._compile(index)
            for start in starts:
                match = compiled.match(agent.data, start)
                if match is not None:
                    return index, match
        return None

    def any(self, agent: Agent) -> bool:
        """Whether one of the patterns matches."""
        return self.first(agent) is not None

    def _candidates(self, agent: Agent) -> Iterator[tuple[int, Sequence[int]]]:
        """Patterns that may match, in their order, with the places where their match may begin (ascending)."""
        everywhere = agent.starts
        found: dict[int, list[int]] = dict.fromkeys(self._always, everywhere)
        if self._automaton is not None:
            owners, places = self._owners, agent.places
            for number, start, _ in self._automaton.find_matches_as_indexes(agent.lower, overlapping=True):
                begins = start in places
                for mark in owners[number]:
                    index = mark >> 1
                    if not mark & 1:
                        found[index] = everywhere
                    elif begins:
                        starts = found.get(index)
                        if starts is None:
                            found[index] = [start]
                        elif starts is not everywhere:
                            starts.append(start)
        for index in sorted(found):
            starts = found[index]
            yield index, starts if starts is everywhere else sorted(starts)

    def _compile(self, index: int) -> re.Pattern[bytes]:
        compiled = self._compiled[index] = re.compile(self._sources[index], re.IGNORECASE)
        return compiled
