"""How the synthetic visitors come to a site: directly, from elsewhere, or led by a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote_plus, urlencode

from qtd.demo.choice import Choice
from qtd.demo.data_file import data_file


@dataclass(frozen=True, kw_only=True, slots=True)
class Referral:
    """A way to a site; texts may hold `{words}` and `{path}`."""

    #: what the browser gives as referrer, empty for a direct entry
    address: str = ""
    #: the campaign's parameters on the first page's address
    parameters: Mapping[str, str] = field(default_factory=dict)

    def referrer(self, random: Random, words: str) -> str:
        """The referring page of one visit that `words` were searched for."""
        return self.address.replace("{words}", quote_plus(words)).replace("{path}", random.choice(_paths()))

    def landing(self, url: str, words: str) -> str:
        """The address of the visit's first page, with the campaign's parameters."""
        if not self.parameters:
            return url
        values = {name: value.replace("{words}", words) for name, value in self.parameters.items()}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"


def load_referrals() -> Choice[Referral]:
    """The ways of `data/referrers.yaml`."""
    entries = data_file("referrers")["referrers"]
    ways = [
        Referral(address=entry.get("address", ""), parameters=entry.get("parameters", {}))
        for entry in entries
    ]
    return Choice(ways, [entry["share"] for entry in entries])


def _paths() -> list[str]:
    paths: list[str] = data_file("referrers")["paths"]
    return paths
