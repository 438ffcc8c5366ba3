"""What an agent must contain before a pattern can match it: the cheap test that spares the expensive one."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import NamedTuple

from qtd.engine.device.pcre import Byte, Group, OneOf, Repeat, Sequence, ZeroWidth

#: Longer texts select hardly better, and more of them cost memory.
_MAX_LENGTH = 12
#: of an alternation, which names its models one by one
_MAX_TEXTS = 2000
#: of texts continued by a class or by another alternation
_MAX_PRODUCT = 48
_MAX_CLASS = 12
#: Words of most agents, which select next to nothing.
_COMMON = (
    b"mozilla",
    b"android",
    b"linux",
    b"windows",
    b"applewebkit",
    b"chrome",
    b"version",
    b"safari",
    b"mobile",
)


class Evidence(NamedTuple):
    """At least one of the texts (lower case) is part of every match."""

    texts: frozenset[bytes]
    #: whether the match begins with it
    leading: bool


def evidence(sequence: Sequence) -> list[Evidence]:
    """The best evidence of one alternative: every match shows one of the list; empty where it may be anything."""
    best = _best(sequence)
    if best is not None and best.leading and not _weak(best.texts):
        return [best]
    first = next(
        (index for index, node in enumerate(sequence) if not isinstance(node, ZeroWidth)), len(sequence)
    )
    group = sequence[first] if first < len(sequence) else None
    if isinstance(group, Group) and len(group.alternatives) > 1:
        each = [_best([*alternative, *sequence[first + 1 :]]) for alternative in group.alternatives]
        known = [item for item in each if item is not None]
        if len(known) == len(each):
            return known
    return [] if best is None else [best]


def _best(sequence: Sequence) -> Evidence | None:
    """The best evidence at one place of the sequence."""
    best: Evidence | None = None
    best_score = 0.0
    leading = True
    inside_word = False
    for index, node in enumerate(sequence):
        if isinstance(node, ZeroWidth):
            continue
        if inside_word and isinstance(node, Byte):
            continue  # the rest of a word says less than the word
        inside_word = isinstance(node, Byte)
        texts = _beginnings(sequence[index:])
        shortest = min(map(len, texts))
        weak = _weak(texts)
        # The place of a leading text is known, which is worth more than another letter or two.
        score = (min(shortest, 1) if weak else shortest + (2.5 if leading else 0.0)) - len(texts) / (
            2 * _MAX_TEXTS
        )
        if shortest and score > best_score:
            best, best_score = Evidence(frozenset(texts), leading), score
        if leading and shortest >= 4 and not weak:
            break
        leading = False
    return best


def _weak(texts: AbstractSet[bytes]) -> bool:
    """Whether nearly every agent has one of the texts."""
    return any(len(text) < 2 or text.strip().startswith(_COMMON) for text in texts)


def _beginnings(sequence: Sequence) -> set[bytes]:
    """Texts such that every match of the sequence begins with one of them; `b""` where nothing is known."""
    closed, unfinished = _extend(sequence, set(), {b""})
    return closed | unfinished


def _extend(sequence: Sequence, closed: set[bytes], unfinished: set[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Texts that can grow no more, and those that can, after the sequence has followed the unfinished ones."""
    for node in sequence:
        if not unfinished:
            break
        if isinstance(node, ZeroWidth):
            continue
        step = _step(node, unfinished)
        if step is None or len(closed) + len(step[0]) + len(step[1]) > _MAX_TEXTS:
            return closed | unfinished, set()
        closed = closed | step[0]
        unfinished = {text for text in step[1] if len(text) < _MAX_LENGTH}
        closed |= step[1] - unfinished
    return closed, unfinished


def _step(  # noqa: PLR0911 - one for each kind of node
    node: Byte | OneOf | Group | Repeat, texts: set[bytes]
) -> tuple[set[bytes], set[bytes]] | None:
    """The texts after one more node: closed and unfinished ones; None where the node could be anything."""
    if isinstance(node, Byte):
        tail = bytes((node.value,))
        return set(), {text + tail for text in texts}
    if isinstance(node, OneOf):
        if (
            node.values is None
            or len(node.values) > _MAX_CLASS
            or len(texts) * len(node.values) > _MAX_PRODUCT
        ):
            return None
        return set(), {text + bytes((value,)) for text in texts for value in node.values}
    if isinstance(node, Group):
        if len(texts) > 1 and len(texts) * len(node.alternatives) > _MAX_PRODUCT:
            return None
        closed: set[bytes] = set()
        unfinished: set[bytes] = set()
        for alternative in node.alternatives:
            grown, growing = _extend(alternative, set(), texts)
            closed |= grown
            unfinished |= growing
            if len(closed) + len(unfinished) > _MAX_TEXTS:
                return None
        return closed, unfinished
    return _repeated(node, texts)


def _repeated(node: Repeat, texts: set[bytes]) -> tuple[set[bytes], set[bytes]] | None:
    inner = node.node
    if isinstance(inner, ZeroWidth) or node.most == 0:
        return set(), texts
    closed: set[bytes] = set()
    unfinished = texts
    for _ in range(max(node.least, 1)):
        step = _step(inner, unfinished)
        if step is None:
            return None if unfinished is texts else (closed | unfinished, set())
        closed, unfinished = closed | step[0], step[1]
        if len(closed) + len(unfinished) > _MAX_TEXTS:
            return None
    if node.most is None or node.most > max(node.least, 1):
        closed, unfinished = closed | unfinished, set()
    if node.least == 0:
        unfinished = unfinished | texts
    return closed, unfinished
