"""Makes the packaged definitions of device detection write the rows of Matomo 5.0, with which we are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any

import yaml

from qtd.engine.device import Definitions, Rule

_CHANGES = ("regex", "version", "engine")


def corrections() -> Mapping[str, Any]:
    """The corrections as they are written down in `device_corrections.yml`."""
    text = files("qtd.store").joinpath("device_corrections.yml").read_text(encoding="utf-8")
    content: Mapping[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes text only
    return content


def corrected(definitions: Definitions, changes: Mapping[str, Any]) -> tuple[Definitions, list[str]]:
    """The corrected definitions, and the corrections that found no entry (then the package has changed)."""
    idle: list[str] = []
    lists: dict[str, list[Rule]] = {
        "bots": list(definitions.bots),
        "oss": list(definitions.operating_systems),
        "client/browsers": list(definitions.browsers),
        "client/browser_engine": list(definitions.engines),
        "client/mobile_apps": list(definitions.clients["mobile app"]),
        "client/mediaplayers": list(definitions.clients["mediaplayer"]),
    }
    for change in changes["added"]:
        lists[change["file"]].append({key: value for key, value in change.items() if key != "file"})
    for change in changes["entries"]:
        rules = lists[change["file"]]
        lists[change["file"]] = changed = [
            rule for old in rules if (rule := _changed(old, change)) is not None
        ]
        if changed == rules:
            idle.append(f"{change['file']}: {change['name']}")
    hardware = {name: dict(brands) for name, brands in definitions.hardware.items()}
    for change in changes["brands"]:
        brands = hardware[change["file"].removeprefix("device/")]
        if change["name"] in brands:
            brands[change["name"]] = _rebranded(brands[change["name"]], change)
        else:
            idle.append(f"{change['file']}: {change['name']}")
    for change in changes["types"]:
        brands = hardware[change["file"].removeprefix("device/")]
        brands[change["brand"]] = {**brands[change["brand"]], "device": change["device"]}
    for change in changes["models"]:
        brands = hardware[change["file"].removeprefix("device/")]
        former = brands[change["brand"]]
        brands[change["brand"]] = renamed = _renamed(former, re.compile(change["pattern"]), change["called"])
        if renamed == former:
            idle.append(f"{change['file']}: {change['brand']} {change['called']}")
    codes = definitions.codes
    codes = replace(
        codes,
        browsers={**codes.browsers, **changes["browsers"]},
        mobile_browsers=codes.mobile_browsers.union(changes["mobile_browsers"]),
    )
    result = replace(
        definitions,
        bots=lists["bots"],
        operating_systems=lists["oss"],
        browsers=lists["client/browsers"],
        engines=lists["client/browser_engine"],
        clients={
            **definitions.clients,
            "mobile app": lists["client/mobile_apps"],
            "mediaplayer": lists["client/mediaplayers"],
        },
        hardware=hardware,
        codes=codes,
    )
    return result, idle


def _changed(rule: Rule, change: Mapping[str, Any]) -> Rule | None:
    """The rule as the correction wants it, itself where it is not meant; None where it goes."""
    if rule["name"] != change["name"] or change.get("containing", "") not in rule["regex"]:
        return rule
    if "remove" in change:
        return None
    changes = {key: change[key] for key in _CHANGES if key in change}
    if "without" in change:
        changes["regex"] = rule["regex"].replace(change["without"], "")
    if "rename" in change:
        changes["name"] = change["rename"]
    return {**rule, **changes}


def _rebranded(rule: Rule, change: Mapping[str, Any]) -> Rule:
    brand, prefix = change["brand"], change["prefix"]
    models = [
        {**item, "brand": brand, "model": prefix + item.get("model", "")} for item in rule.get("models", ())
    ]
    return {**rule, "models": models}


def _renamed(rule: Rule, pattern: re.Pattern[str], called: str) -> Rule:
    models = [{**item, "model": pattern.sub(called, item.get("model", ""))} for item in rule["models"]]
    return {**rule, "models": models}
