"""A tracking request made ready: everything that can be said of it without knowing the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from qtd.engine.action import Action
from qtd.engine.conversion import Conversion
from qtd.engine.device import Device
from qtd.engine.request import TrackingRequest


@dataclass(kw_only=True, slots=True)
class Hit:
    """One request of a batch on its way through the rules."""

    request: TrackingRequest
    #: number of its request set in the batch: what follows an invalid request of a set is dropped with it
    set_number: int
    #: the rule that excludes it; empty where it is to be recorded
    excluded: str = ""
    #: whether the rest of its set goes with it
    invalid: bool = False
    #: (idfailure, request as query string) where the exclusion is a tracking failure that the user is told of
    failure: tuple[int, str] | None = None
    device: Device = field(default_factory=Device)
    config_id: bytes = b""
    #: address as it will be stored, anonymized as the settings say
    location_ip: bytes = b""
    #: null for a ping, an order, a cart or a goal that is reported by hand
    action: Action | None = None
    #: order, cart or goal that the request itself reports
    conversion: Conversion | None = None

    @property
    def is_ping(self) -> bool:
        """A heart beat: it prolongs the visit and records nothing else."""
        return self.request.params.integer("ping") == 1
