from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qtd.engine.device.literals import evidence
from qtd.engine.device.pcre import parse


def texts(pattern: str) -> list[tuple[set[bytes], bool]]:
    """Read the evidence of a pattern without alternatives."""
    (alternative,) = parse(pattern).alternatives
    return [(set(item.texts), item.leading) for item in evidence(alternative)]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("BUZZ [12] Lite", [({b"buzz 1 lite", b"buzz 2 lite"}, True)]),
        ("(?:Foo)?Barbar/", [({b"foobarbar/", b"barbar/"}, True)]),
        ("(?!x)Opera Mini", [({b"opera mini"}, True)]),
        (r".+Silk/\d+", [({b"silk/" + str(digit).encode() for digit in range(10)}, False)]),
        (r"Chrome/.+ Quark", [({b" quark"}, False)]),
        ("(?:Nexus 4|.+; A7 Pro)(?: Build|$)", [({b"nexus 4"}, True), ({b"; a7 pro"}, False)]),
        (r"[^x]+", []),
        ("x*", []),
        (r"\w+", []),
    ],
)
def test_evidence_is_the_most_telling_text(pattern: str, expected: list[tuple[set[bytes], bool]]) -> None:
    """Texts are taken where they tell most: at the beginning, unless nearly every agent has them."""
    found = texts(pattern)
    assert [leading for _, leading in found] == [leading for _, leading in expected]
    for (have, _), (want, _) in zip(found, expected, strict=True):
        assert {text[: len(min(want, key=len))] for text in have} == {
            text[: len(min(want, key=len))] for text in want
        }


_ATOMS = st.sampled_from(["a", "B", "ab c", "[ab]", "[^a]", ".", r"\d", r"\w", "(?!a)", "^", "-", "_"])
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{0}"])).map(
            lambda both: f"(?:{both[0]}){both[1]}"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(_PATTERNS, st.text("abcAB 1-_", max_size=14))
def test_no_match_is_without_evidence(pattern: str, text: str) -> None:
    """Whatever a pattern matches contains its evidence, in its place where it must lead."""
    parsed = parse(pattern)
    found = [item for alternative in parsed.alternatives for item in evidence(alternative)]
    if not all(evidence(alternative) for alternative in parsed.alternatives):
        return
    data = text.encode()
    for match in (
        re.compile(parsed.source, re.IGNORECASE).match(data, start) for start in range(len(data) + 1)
    ):
        if match is None:
            continue
        rest = data.lower()[match.start() :]
        assert any(
            rest.startswith(literal) if item.leading else literal in rest
            for item in found
            for literal in item.texts
        )
