"""What the endpoint counts, for metrics, the demo and the log's last word."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(slots=True)
class Counters:
    """Counts since the start; changed by one thread only, read by any."""

    #: HTTP requests that were answered, whatever the answer.
    answered: int = 0
    #: Tracking requests that were made durable; each of a bulk request counts one.
    accepted: int = 0
    #: Those of the accepted that went to the spool, because the broker took none.
    spooled: int = 0
    #: Tracking requests refused because nothing took them: answered with 503.
    refused: int = 0
    #: HTTP requests that were not tracking requests, or not as they have to be: answered with 400 to 499.
    bad: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the counts by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
