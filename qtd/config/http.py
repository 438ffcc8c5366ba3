"""`http`: the Matomo that records what engine http sends it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from qtd.config.section import Section
from qtd.config.values import PathValue, Seconds, WebAddress

#: The tracker's own script, where the address names a folder.
TRACKER = "matomo.php"


def _matomo_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "a URL without account, query and fragment is wanted, such as https://matomo.example/"
        )
    return value


class Http(Section):
    """With engine http: which Matomo records, and with whose rights (see docs/engines.md)."""

    url: Annotated[WebAddress, AfterValidator(_matomo_address)] | None = Field(
        None, description="Matomo's address, such as https://matomo.example/; or that of its matomo.php"
    )
    token: SecretStr | None = Field(
        None, description="token_auth of a super user; token_file keeps it out of this file"
    )
    token_file: PathValue | None = Field(None, description="file that holds the token")
    max_requests: int = Field(
        100, ge=1, le=10_000, description="most requests in one call; Matomo takes some milliseconds for each"
    )
    connect_timeout_seconds: Seconds = Field(5.0, description="longest time to make a connection")
    timeout_seconds: float = Field(
        60.0, gt=0, le=100, allow_inf_nan=False, description="longest time to wait for the answer to a call"
    )
    ca_file: PathValue | None = Field(
        None, description="certificates (PEM) of the authorities to trust; null: the system's"
    )

    @property
    def endpoint(self) -> str:
        """The URL of the tracking API; only where `url` is set."""
        url = self.url or ""
        return url if url.endswith(".php") else f"{url.rstrip('/')}/{TRACKER}"
