"""The commented reference, `conf/qtd.yaml`: every key with its default and one line of explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_origin

import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from qtd.config.problems import section_in
from qtd.config.root import Config
from qtd.config.section import Section

_HEAD = """\
# qtd's configuration: every key with its default and what it is for. A file needs only the keys that differ.
# `qtd check-config FILE` says what is wrong with one. Made by `make reference` from qtd/config/.
"""


def render() -> str:
    """Return the text of `conf/qtd.yaml`."""
    return _HEAD + "\n" + "\n".join(_lines(Config, "")) + "\n"


def _lines(section: type[Section], indent: str) -> Iterator[str]:
    for index, (name, field) in enumerate(section.model_fields.items()):
        if section is Config and index:
            yield ""
        inner = section_in(field.annotation)
        if inner is None:
            yield from _key(name, field, indent)
        elif isinstance(field.default, Section):
            yield f"{indent}# {_first_line(inner)}"
            yield f"{indent}{name}:"
            yield from _lines(inner, indent + "  ")
        else:
            yield from _key(name, field, indent)
            yield from (f"{indent}# {line}" for line in _as_example(field, inner))


def _as_example(field: FieldInfo, inner: type[Section]) -> Iterator[str]:
    """The keys of a section that may be missing, or of a list's entries: they are shown as comments."""
    dash = get_origin(field.annotation) is tuple
    for line in _lines(inner, ""):
        first = dash and not line.startswith("#")
        yield f"- {line}" if first else f"  {line}"
        dash = dash and not first


def _key(name: str, field: FieldInfo, indent: str) -> Iterator[str]:
    yield f"{indent}# {field.description}"
    if field.is_required():
        yield f"{indent}{name}:  # required"
    else:
        yield f"{indent}{name}: {_yaml(field.default if field.default_factory is None else None)}"


def _yaml(value: object) -> str:
    return yaml.safe_dump(_plain(value), default_flow_style=True, width=1000).removesuffix("\n...\n").strip()


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, SecretStr | BaseModel):
        raise TypeError(f"{value!r} is no default to show")
    return str(value)


def _first_line(section: type[Section]) -> str:
    return (section.__doc__ or "").strip().splitlines()[0]
