"""YAML text to plain values, remembering on which line each key is."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from qtd.errors import ConfigurationError

#: Keys and list indexes from the top down to a value.
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A parsed configuration file."""

    values: dict[str, object]
    #: line (from 1) of every key and list entry
    lines: dict[KeyPath, int]


def parse(text: str, name: str) -> Document:
    """Parse one YAML document; an empty one has no values. `name` is what errors call the file.

    Raises:
        ConfigurationError: not YAML (with line and column), a key given twice, or no mapping at the top.
    """
    lines: dict[KeyPath, int] = {}
    problems: list[str] = []
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        _note(node, (), lines, problems)
        values = None if node is None or problems else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        raise ConfigurationError(f"{where}: not valid YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        raise ConfigurationError(
            f"{name}: not valid YAML: {error.reason} (character {error.position + 1})"
        ) from None
    except (ValueError, RecursionError) as error:  # a date such as 2026-13-45; lists 1,000 deep
        raise ConfigurationError(f"{name}: not valid YAML: {error}") from None
    if problems:
        raise ConfigurationError(*(f"{name}, {problem}" for problem in problems))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise ConfigurationError(f"{name}: keys and values are wanted at the top, such as redis: …")
    return Document(values=values, lines=lines)


def _note(node: yaml.Node | None, path: KeyPath, lines: dict[KeyPath, int], problems: list[str]) -> None:
    """Fill `lines` from `node` downwards, and `problems` with keys that are no text or given twice."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                shown = repr(key.value) if isinstance(key, yaml.ScalarNode) else "this one"
                problems.append(f"line {line}: keys are words, {shown} is none; put it into quotes")
                continue
            here = (*path, key.value)
            if key.value in seen:
                problems.append(f"line {line}: {dotted(here)} is given twice (first on line {lines[here]})")
                continue
            seen.add(key.value)
            lines[here] = line
            _note(value, here, lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[(*path, index)] = value.start_mark.line + 1
            _note(value, (*path, index), lines, problems)


def dotted(path: KeyPath) -> str:
    """Return a path as people write it: `redis.hosts[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
