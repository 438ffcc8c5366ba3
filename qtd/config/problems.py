"""Validation errors as lines for people: the key's path, its value, what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qtd.config.section import Section
from qtd.config.yaml_text import KeyPath, dotted

#: Values under such keys are never shown, nor such values anywhere.
_SECRET_KEY = re.compile(r"password|salt|secret|token|^url$", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/\s]*@|password|token", re.IGNORECASE)
_LONGEST_VALUE = 60

#: What pydantic's kinds of errors mean, with its own values filled in.
_WANTED = {
    "bool_type": "true or false is wanted",
    "int_type": "a whole number is wanted",
    "float_type": "a number is wanted",
    "finite_number": "a finite number is wanted",
    "string_type": "text is wanted; put it into quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "at most {max_length} characters are allowed",
    "string_pattern_mismatch": "must match {pattern}",
    "tuple_type": "a list is wanted",
    "too_short": "the list must not be empty",
    "mapping_type": "keys and values are wanted",
    "model_type": "a section with keys is wanted",
    "literal_error": "{expected} is wanted",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "path_type": "a path is wanted",
    "is_instance_of": "a path is wanted",
    "missing": "is required",
}


def describe(error: ValidationError, model: type[Section], lines: Mapping[KeyPath, int]) -> tuple[str, ...]:
    """Return one line per mistake in what was given for `model`, in the file's order.

    A list is not said to be too short when its entries were only wrong: pydantic counts the right ones.
    """
    details = list(_details(error))
    found = [
        (_line(path, lines), _problem(detail, path, model))
        for detail, path in details
        if not (detail["type"] == "too_short" and any(other[:-1] == path for _, other in details))
    ]
    found.sort(key=lambda pair: pair[0])
    return tuple(f"{problem} (line {line})" if line else problem for line, problem in found)


def _details(error: ValidationError) -> Iterator[tuple[ErrorDetails, KeyPath]]:
    for detail in error.errors(include_url=False):
        path: KeyPath = detail["loc"]
        if detail["type"] == "contradiction":
            path = (*path, *filter(None, detail["ctx"]["key"].split(".")))
        yield detail, path


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """Return the line of the key, or of the nearest one around it; 0 where the file does not mention any."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _problem(detail: ErrorDetails, path: KeyPath, model: type[Section]) -> str:
    kind, key, context = detail["type"], dotted(path), detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{key}: unknown key{_suggestion(path, model)}"
    if kind == "contradiction":
        return f"{key}: {context['message']}" if key else str(context["message"])
    if kind == "value_error":
        wanted = str(context["error"])
    elif kind in _WANTED:
        wanted = _WANTED[kind].format(**context)
    else:
        wanted = detail["msg"]
    value = "" if kind == "missing" else _shown(detail["input"], path)
    return f"{key}: {value}: {wanted}" if value else f"{key}: {wanted}"


def _shown(value: object, path: KeyPath) -> str:
    if isinstance(value, Mapping | list | tuple):
        return ""  # the key says it better than a page of values
    if value is None:
        return "null"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    if _SECRET_VALUE.search(text) or any(isinstance(part, str) and _SECRET_KEY.search(part) for part in path):
        return "(hidden)"
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _suggestion(path: KeyPath, model: type[Section]) -> str:
    """Return the nearest key of the same section, else one of that name elsewhere, else all there are."""
    name = str(path[-1])
    section = _section_at(model, path[:-1])
    if section is None:
        return ""
    if near := difflib.get_close_matches(name, section.model_fields, 1):
        return f"; did you mean {dotted((*path[:-1], near[0]))}?"
    elsewhere = [dotted(known) for known in _all_keys(model, ()) if known[-1] == name]
    if elsewhere:
        return f"; did you mean {' or '.join(elsewhere)}?"
    return f"; known are {', '.join(section.model_fields)}"


def _section_at(model: type[Section], path: KeyPath) -> type[Section] | None:
    for part in path:
        if isinstance(part, str):
            field = model.model_fields.get(part)
            inner = section_in(field.annotation) if field else None
            if inner is None:
                return None
            model = inner
    return model


def section_in(annotation: Any) -> type[Section] | None:
    """Return the section that a key holds, also where it may be null or a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        for argument in get_args(annotation):
            if inner := section_in(argument):
                return inner
    return None


def _all_keys(model: type[Section], path: KeyPath) -> Iterator[KeyPath]:
    for name, field in model.model_fields.items():
        yield (*path, name)
        if (inner := section_in(field.annotation)) and get_origin(field.annotation) is not tuple:
            yield from _all_keys(inner, (*path, name))
