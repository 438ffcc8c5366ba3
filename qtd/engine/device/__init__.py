"""Device detection: what a visitor's user agent and client hints tell of his browser, system and device.

Behaviour: Matomo's device-detector library as Matomo 5.0 uses it, with that library's own patterns and codes, which are
data given to the engine (`Definitions`). The way of matching is ours: `PatternSet`.
"""

from qtd.engine.device.client_hints import ClientHints, client_hints_from
from qtd.engine.device.definitions import Definitions, Rule
from qtd.engine.device.detected import Device
from qtd.engine.device.detector import DeviceDetector

__all__ = ["ClientHints", "Definitions", "Device", "DeviceDetector", "Rule", "client_hints_from"]
