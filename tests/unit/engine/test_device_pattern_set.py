from __future__ import annotations

import re

import pytest

from qtd.engine.device.agent import Agent
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.device.pcre import parse

#: What Matomo sets before each pattern.
BOUNDARY = rb"(?:^|[^A-Z0-9\-_]|[^A-Z0-9\-]_|sprd-|MZ-)"


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        ("S6", True),
        ("x S6", True),
        ("x;S6", True),
        ("x _S6", True),
        ("x_S6", False),
        ("x-S6", False),
        ("xS6", False),
        ("1S6", False),
        ("-_S6", False),
        ("__S6", True),
        ("sprd-S6", True),
        ("MZ-s6", True),
        ("éS6", True),
    ],
)
def test_patterns_begin_where_words_begin(agent: str, *, found: bool) -> None:
    """A pattern's match starts at the beginning or behind a separator, whatever finds its place."""
    for patterns in (["S6"], [r"(?:)S6"], [r"(S)6(?!\1)"]):
        assert PatternSet(patterns).any(Agent(agent)) is found


def test_the_first_pattern_wins_and_its_leftmost_match_counts() -> None:
    """Order decides between patterns, and the place in the agent between matches of one."""
    patterns = PatternSet([r"Nothing", r"(?:Beta|Alpha)/(\d)", r"Gamma"])
    found = patterns.first(Agent("Gamma Alpha/1 Beta/2"))
    assert found is not None
    assert (found[0], found[1][1]) == (1, b"1")


def test_no_pattern_matches_nothing() -> None:
    """An empty set, and an empty agent, are no special cases."""
    assert PatternSet([]).first(Agent("x")) is None
    assert PatternSet(["a"]).first(Agent("")) is None


def test_a_set_finds_what_trying_all_patterns_finds() -> None:
    """The shortcut by texts changes no result: every pattern of real files, tried one by one, says the same."""
    from qtd.store.regexes import device_definitions  # noqa: PLC0415 - the only test of this file that needs files

    definitions = device_definitions()
    chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.5481.154"
    agents = [
        Agent(text)
        for text in (
            f"Mozilla/5.0 (Linux; Android 12; SAMSUNG SM-T870) {chrome} SamsungBrowser/21.0 Safari/537.36",
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36 OPR/105.0.0.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
            "DoCoMo/2.0 N905i(c100;TB;W24H16) (compatible; Googlebot-Mobile/2.1)",
            "x_y-z sprd-Android MZ-M5c __ é",
        )
    ]
    for rules in (definitions.operating_systems, definitions.browsers, definitions.bots):
        sources = [rule["regex"] for rule in rules]
        compiled = [
            re.compile(BOUNDARY + b"(?:" + parse(source).source + b")", re.IGNORECASE) for source in sources
        ]
        patterns = PatternSet(sources)
        for agent in agents:
            expected = next(
                (
                    (index, match.groups())
                    for index, one in enumerate(compiled)
                    if (match := one.search(agent.data))
                ),
                None,
            )
            found = patterns.first(agent)
            assert (found and (found[0], found[1].groups())) == expected
