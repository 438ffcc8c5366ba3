from __future__ import annotations

import base64
from pathlib import Path

import pytest

from qtd.engine.search_engine import Search, SearchEngines
from qtd.errors import ConfigurationError
from qtd.store.lists import load_referrer_lists


def test_brings_lists_of_its_own() -> None:
    """Without a Matomo installation there are search engines, social networks and spammers all the same."""
    lists = load_referrer_lists()
    assert lists.search_engines["google.com"]["name"] == "Google"
    assert lists.social_networks["t.co"] == "Twitter"
    assert "0-0.fr" in lists.spammers
    assert "" not in lists.spammers


def test_prefers_an_installations_files(tmp_path: Path) -> None:
    """Files under vendor/matomo replace the shipped ones, each for itself."""
    folder = tmp_path / "vendor/matomo/searchengine-and-social-list"
    folder.mkdir(parents=True)
    (folder / "SearchEngines.yml").write_text("Mine:\n  - {urls: [find.example, 5.example], params: [w]}\n")
    lists = load_referrer_lists(tmp_path)
    mine = {"params": ["w"], "name": "Mine"}
    assert lists.search_engines == {"find.example": mine, "5.example": mine}
    assert lists.social_networks["t.co"] == "Twitter"


def test_prefers_what_matomo_fetched_later() -> None:
    """Lists in the option table come before files; a broken one counts as missing."""
    engines = b'a:1:{s:6:"find.x";a:2:{s:6:"params";a:1:{i:0;s:1:"w";}s:4:"name";s:4:"Mine";}}'
    lists = load_referrer_lists(
        options={
            "SearchEngineDefinitions": base64.b64encode(engines).decode(),
            "SocialDefinitions": "not base64",
            "referrer_spam_blacklist": 'a:1:{i:0;s:6:"spam.x";}',
        }
    )
    assert SearchEngines(lists.search_engines).detect("http://find.x/?w=A") == Search(
        engine="Mine", keyword="a"
    )
    assert lists.social_networks["t.co"] == "Twitter"
    assert lists.spammers == ("spam.x",)


@pytest.mark.parametrize("content", ["a: [", "- a", "Mine:\n  - {params: [q]}", b"\xff"])
def test_names_the_file_that_is_broken(tmp_path: Path, content: str | bytes) -> None:
    """A list that can not be understood is an error that says which file it is."""
    folder = tmp_path / "vendor/matomo/searchengine-and-social-list"
    folder.mkdir(parents=True)
    file = folder / "SearchEngines.yml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigurationError, match=r"SearchEngines\.yml"):
        load_referrer_lists(tmp_path)
