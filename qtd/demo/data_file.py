"""The YAML files beside this module, which say what the visitors' world looks like."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def data_file(name: str) -> dict[str, Any]:
    """The content of `data/<name>.yaml`, read once."""
    text = (files("qtd.demo") / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content
