"""The hardware of an agent as its model tells: kind of device, brand and model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from qtd.engine.device.agent import Agent
from qtd.engine.device.client_hints import ClientHints
from qtd.engine.device.codes import Codes
from qtd.engine.device.definitions import Definitions, Rule
from qtd.engine.device.device_type import DEVICE_TYPES, TV
from qtd.engine.device.fragment import Fragment
from qtd.engine.device.pattern_set import PatternSet
from qtd.engine.device.template import fill_model

#: Chrome hides version and model on Android and says "Android 10; K"; client hints give them back.
_REDUCED = re.compile(r"Android 10[.\d]*; K(?: Build/|[;)])", re.IGNORECASE | re.ASCII)
_REDUCED_MODEL = re.compile(r"Android 10[.\d]*; K", re.ASCII)
_REFERENCE = re.compile(r"[\\$]\d{1,2}|\$\{\d{1,2}\}", re.ASCII)

_HBBTV = Fragment(rb"HbbTV/([1-9]{1}(?:\.[0-9]{1}){1,2})", b"hbbtv/")
_SHELL_TV = Fragment(rb"[a-z]+[ _]Shell[ _]\w{6}|tclwebkit(\d+[\.\d]*)", b"shell", b"tclwebkit")
_NOTEBOOK = Fragment(rb"FBMD/", b"fbmd/")

_DESKTOP = Fragment(rb"(?:Windows (?:NT|IoT)|X11; Linux x86_64)", b"windows ", b"x11; linux x86_64")
_NO_DESKTOP = (
    Fragment(rb"CE-HTML", b"ce-html"),
    Fragment(
        rb" Mozilla/|Andr[o0]id|Tablet|Mobile|iPhone|Windows Phone|ricoh|OculusBrowser",
        *(b" mozilla/", b"andr", b"tablet", b"mobile", b"iphone", b"phone", b"ricoh", b"oculus"),
    ),
    Fragment(
        rb"Lenovo|compatible; MSIE|Trident/|Tesla/|XBOX|FBMD/|ARM; ?([^)]+)",
        *(b"lenovo", b"msie", b"trident/", b"tesla/", b"xbox", b"fbmd/", b"arm;"),
    ),
)


class Hardware(NamedTuple):
    """What the model tells; null and empty text for what it does not."""

    type: int | None = None
    brand: str = ""
    model: str = ""


class HardwareFile:
    """The brands of one file, each with its models."""

    def __init__(self, brands: Mapping[str, Rule], codes: Codes) -> None:
        self._codes = codes
        self._brands = list(brands.items())
        self.patterns = PatternSet(rule["regex"] for rule in brands.values())
        #: made when a brand is first seen
        self._model_patterns: dict[int, PatternSet] = {}

    def find(self, agent: Agent) -> Hardware | None:
        """The first brand that matches, and its first model that matches."""
        found = self.patterns.first(agent)
        if found is None:
            return None
        index, match = found
        brand, rule = self._brands[index]
        if brand == "Unknown":
            brand = ""
        kind = DEVICE_TYPES.get(rule.get("device", ""))
        model = fill_model(rule["model"], match) if "model" in rule else ""
        if "models" not in rule:
            return Hardware(kind, brand, model)
        patterns = self._model_patterns.get(index)
        if patterns is None:
            patterns = self._model_patterns[index] = PatternSet(item["regex"] for item in rule["models"])
        detail = patterns.first(agent)
        if detail is None:
            return Hardware(kind, brand, model)
        item = rule["models"][detail[0]]
        other = item.get("brand", "")
        return Hardware(
            DEVICE_TYPES.get(item.get("device", ""), kind),
            other if self._codes.is_brand(other) else brand,
            fill_model(item.get("model", ""), detail[1]),
        )


class HardwareFiles:
    """Finds the hardware of an agent in the files, from the special to the general."""

    def __init__(self, definitions: Definitions) -> None:
        codes = definitions.codes
        self._files = {name: HardwareFile(brands, codes) for name, brands in definitions.hardware.items()}
        self._vendors = [brand for brand, patterns in definitions.vendor_fragments.items() for _ in patterns]
        self._vendor_patterns = PatternSet(
            f"{pattern}[^a-z0-9]+"
            for patterns in definitions.vendor_fragments.values()
            for pattern in patterns
        )

    def find(self, agent: Agent, hints: ClientHints) -> Hardware:
        """What the agent's model tells, with the model that hints name where the agent has none that is known."""
        hardware = self._find(agent, hints)
        model = hardware.model or hints.model
        brand = hardware.brand or self._vendor(agent)
        return Hardware(hardware.type, brand, model)

    def _find(self, agent: Agent, hints: ClientHints) -> Hardware:
        hinted = hints.model not in ("", "0")
        complete = restored(agent, hints) if hinted else agent
        for name, file in self._files.items():
            if not self._concerns(name, file, agent):
                continue
            is_tv = name in ("televisions", "shell_tv")
            found = None if not hinted and has_desktop_fragment(agent) else file.find(complete)
            if is_tv:
                return (found or Hardware())._replace(type=TV)
            if found is not None:
                return found
            # An agent of a desktop, or one whose model hints tell, is not looked for in further files.
            if hinted or has_desktop_fragment(agent):
                return Hardware()
        return Hardware()

    def _concerns(self, name: str, file: HardwareFile, agent: Agent) -> bool:
        """Whether the agent as it was sent belongs into the file at all."""
        match name:
            case "televisions":
                return _HBBTV.found_in(agent)
            case "shell_tv":
                return _SHELL_TV.found_in(agent)
            case "notebooks":
                return _NOTEBOOK.found_in(agent)
            case "mobiles":
                return True
            case _:
                return file.patterns.any(agent)

    def _vendor(self, agent: Agent) -> str:
        found = self._vendor_patterns.first(agent)
        return self._vendors[found[0]] if found else ""


def has_desktop_fragment(agent: Agent) -> bool:
    """Whether the agent says that it is a desktop computer, and nothing that contradicts it."""
    return _DESKTOP.found_in(agent) and not any(fragment.found_in(agent) for fragment in _NO_DESKTOP)


def restored(agent: Agent, hints: ClientHints) -> Agent:
    """The agent with the model and the Android version that its browser has hidden, from client hints."""
    if _REDUCED.search(agent.text) is None:
        return agent
    given = f"Android {hints.platform_version or '10'}; {hints.model}"
    # As PHP's preg_replace: references to groups in the replacement are empty, for there are no groups.
    return Agent(_REDUCED_MODEL.sub(lambda found: _resolved(given, found[0]), agent.text))


def _resolved(replacement: str, whole: str) -> str:
    return _REFERENCE.sub(lambda found: "" if int(found[0].strip("\\${}")) else whole, replacement)
