from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from qtd.config import Config, load
from qtd.config.problems import section_in
from qtd.config.reference import render
from qtd.config.section import Section

REFERENCE = Path(__file__).parents[3] / "conf" / "qtd.yaml"


def sections(model: type[Section], path: str = "") -> Iterator[tuple[str, type[Section]]]:
    """Yield every section with its dotted path."""
    yield path, model
    for name, field in model.model_fields.items():
        if inner := section_in(field.annotation):
            yield from sections(inner, f"{path}.{name}" if path else name)


def test_reference_is_what_the_models_say() -> None:
    """`conf/qtd.yaml` is up to date with the models; `make reference` writes it anew."""
    assert REFERENCE.read_text(encoding="utf-8") == render()


def test_reference_holds_the_defaults() -> None:
    """Reading `conf/qtd.yaml` gives the built-in defaults."""
    assert load(REFERENCE).read_from(None) == Config()


def test_reference_has_every_key() -> None:
    """Each key is in `conf/qtd.yaml`; those of list entries and optional sections as comments."""
    text = REFERENCE.read_text(encoding="utf-8")
    given = yaml.safe_load(text)
    for path, model in sections(Config):
        section = given
        for name in filter(None, path.split(".")):
            section = section[name] if isinstance(section, dict) else None  # within a list's entry
        for name in model.model_fields:
            if isinstance(section, dict):
                assert name in section, f"{path}.{name}"
            else:
                assert re.search(rf"^ *#[ #-]*{name}:", text, re.MULTILINE), f"{path}.{name}"


def test_every_key_is_explained_in_one_line() -> None:
    """Each key has an explanation that fits on a line, and each section a first sentence."""
    for path, model in sections(Config):
        assert (model.__doc__ or "").strip().splitlines()[0].endswith("."), path
        for name, field in model.model_fields.items():
            if isinstance(field.default, Section):
                continue
            assert field.description, f"{path}.{name}"
            assert len(field.description) <= 104, f"{path}.{name}"
            assert "\n" not in field.description, f"{path}.{name}"


def test_commented_sections_are_valid_when_uncommented() -> None:
    """The example of a site is YAML that only lacks the required values."""
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    start = lines.index("sites: []")
    example: list[str] = []
    for line in lines[start + 1 :]:
        if not line.startswith("# "):
            break
        example.append(line[2:])
    (site,) = yaml.safe_load("\n".join(example))
    site |= {"idsite": 1, "name": "A shop", "main_url": "https://shop.example"}
    config = Config.model_validate({"sites": [site]})
    assert config.sites[0].timezone == "UTC"
