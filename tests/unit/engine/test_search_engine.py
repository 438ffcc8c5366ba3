"""The table was checked against Matomo 5.0.2's own detection with the same list."""

from __future__ import annotations

import pytest

from qtd.engine.search_engine import Search, SearchEngines, lossy_host
from qtd.store.lists import load_referrer_lists


@pytest.fixture(scope="module")
def engines() -> SearchEngines:
    """Load the shipped list, which is that of Matomo 5.0.2."""
    return SearchEngines(load_referrer_lists().search_engines)


@pytest.mark.parametrize(
    ("host", "lossy"),
    [
        ("www.google.co.uk", "google.{}"),
        ("www2.google.de", "google.{}"),
        ("de.m.wikipedia.org", "{}.wikipedia.org"),
        ("search.yahoo.com", "yahoo.com"),
        ("google.com", "google.com"),
        ("google.cat", "google.{}"),
        ("uk.ask.com", "{}.ask.com"),
    ],
)
def test_forgets_what_varies_in_a_host(host: str, lossy: str) -> None:
    """`www`, `m` and the country say nothing about which engine it is."""
    assert lossy_host(host) == lossy


@pytest.mark.parametrize(
    ("url", "engine", "keyword"),
    [
        ("https://www.google.de/search?q=Foo+B%C3%84R", "Google", "foo bär"),
        ("https://www.google.com/", "Google", None),
        ("https://www.google.com/search?q=&hl=de", "Google", None),
        ("https://www.google.com/search?hl=de&q=", "Google", None),
        ("https://www.google.com/#hl=de&q=frag", "Google", "frag"),
        ("https://www.google.com/search?q=a&tbm=isch", "Google Images", "a"),
        ("https://www.google.com/search?q=a&tbm=shop", "Google Shopping", "a"),
        ("https://www.google.com/search?as_q=a+b&as_epq=c&as_oq=d+e&as_eq=f", "Google", 'a b d or e "c" -f'),
        ("https://images.google.com/imgres?x=1&prev=%2Fimages%3Fq%3DCat%26hl%3Dde", "Google Images", "cat"),
        ("https://www.example.org/?x", None, None),
        ("https://x.example/?cx=partner-pub-1&q=own", "Google Custom Search", "own"),
        ("https://x.example/cse?cx=partner-pub-1", None, None),
        ("http://www.baidu.com/s?wd=%B2%E2%CA%D4", "Baidu", "测试"),
        ("https://de.search.yahoo.com/search?p=y", "Yahoo!", "y"),
        ("https://r.search.yahoo.com/_ylt=x/RU=y", "Yahoo!", None),
        ("https://www.bing.com/images/search?q=pic", "Bing Images", "pic"),
        ("https://www.google.com/search?q=%FF", "Google", "?"),
        ("https://www.google.com/search?q[]=a", "Google", None),
        ("not a url", None, None),
        ("http://a:99999/", None, None),
    ],
)
def test_tells_engine_and_words(
    engines: SearchEngines, url: str, engine: str | None, keyword: str | None
) -> None:
    """Host, path and parameters tell the engine and the words; where it hides them there are none."""
    expected = None if engine is None else Search(engine=engine, keyword=keyword)
    assert engines.detect(url) == expected


def test_reads_words_from_the_path() -> None:
    """A parameter of the list may be a pattern for the whole address."""
    engines = SearchEngines({"find.example": {"name": "Find", "params": [r"/s\/([^\/]+)/", "q"]}})
    assert engines.detect("http://find.example/s/Two%20words/x?q=no") == Search(
        engine="Find", keyword="two words"
    )


def test_hides_words_on_the_pages_that_the_list_names() -> None:
    """Without words a page counts as a search only where the list says that they are hidden there."""
    engines = SearchEngines(
        {"find.example": {"name": "Find", "params": ["q"], "hiddenkeyword": ["/^\\/r\\//", "/exact"]}}
    )
    hidden = Search(engine="Find", keyword=None)
    found = [engines.detect(f"http://find.example{path}") for path in ("/r/x", "/exact", "/exact/", "/")]
    assert found == [hidden, hidden, None, None]


def test_a_broken_pattern_matches_nothing() -> None:
    """An entry whose pattern is none is passed over, its other parameters count."""
    engines = SearchEngines(
        {"find.example": {"name": "Find", "params": ["/(/", "q"], "hiddenkeyword": ["/(/"]}}
    )
    assert engines.detect("http://find.example/?q=a") == Search(engine="Find", keyword="a")
    assert engines.detect("http://find.example/") is None
