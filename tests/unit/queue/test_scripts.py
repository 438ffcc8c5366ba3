from __future__ import annotations

import re
from importlib.resources import files

import pytest

SCRIPTS = sorted(
    (path.name, path.read_text(encoding="ascii"))
    for path in files("qtd.queue").joinpath("scripts").iterdir()
    if path.name.endswith(".lua")
)


def test_the_scripts_are_in_the_package() -> None:
    """They are data files: a wheel that forgets them would fail only in production."""
    assert [name for name, _ in SCRIPTS] == [
        "extend.lua",
        "lease.lua",
        "prepend.lua",
        "push.lua",
        "release.lua",
        "trim.lua",
    ]


@pytest.mark.parametrize(("name", "text"), SCRIPTS)
def test_every_key_and_argument_is_documented(name: str, text: str) -> None:
    """A script's header names all that its body uses, and nothing that it does not."""
    lines = text.splitlines()
    header = "\n".join(line for line in lines if line.startswith("--"))
    body = "\n".join(line for line in lines if not line.startswith("--"))
    used = set(re.findall(r"(?:KEYS|ARGV)\[\d\]", body))
    assert used == set(re.findall(r"^-- ((?:KEYS|ARGV)\[\d\])  \S", header, re.MULTILINE)), name
