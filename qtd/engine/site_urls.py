"""Whose page an address is: the known addresses of all sites, by host and path.

Source: Matomo's rules for recognising a site's own pages: hosts are compared without `www.`, a host that
begins with a dot stands for all subdomains, the deepest path wins, and every path is a folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import truthy
from qtd.engine.utf8 import lower

#: Paths of a host with the sites they belong to, the deepest first.
_Paths = tuple[tuple[str, frozenset[int]], ...]


def canonical_host(host: str) -> str:
    """The host in lower case without a leading `www.`."""
    return lower(host).removeprefix("www.")


def canonical_path(parts: ParsedUrl) -> str:
    """The path in lower case with a slash at its end; `/` where there is none."""
    if parts.path is None:
        return "/"
    path = lower(parts.path)
    return path if path.endswith("/") else path + "/"


class SiteUrls:
    """The addresses of some sites; a page may belong to several of them."""

    def __init__(self, urls: Mapping[int, Iterable[str]]) -> None:
        hosts: dict[str, dict[str, set[int]]] = {}
        for idsite, addresses in urls.items():
            for address in addresses:
                parts = parse_url(address)
                if parts is None or parts.host is None:
                    continue
                paths = hosts.setdefault(canonical_host(parts.host), {})
                paths.setdefault(canonical_path(parts), set()).add(idsite)
        self._hosts: dict[str, _Paths] = {
            host: tuple(
                (path, frozenset(sites))
                for path, sites in sorted(paths.items(), key=lambda item: item[0].count("/"), reverse=True)
            )
            for host, paths in hosts.items()
        }

    def sites_of(
        self, parts: ParsedUrl | None, *, own_host: str | None = None, idsite: int = 0
    ) -> frozenset[int] | None:
        """Return the sites that the page belongs to, or None where its host is unknown.

        All pages of `own_host` (canonical) belong to `idsite` as well, unless a site has their deeper path.
        """
        if parts is None or not truthy(parts.host):
            return None
        path = canonical_path(parts)
        for host in _hosts_of(str(parts.host)):
            match = self._match(host, path)
            if host == own_host and (match is None or match[0] == "/"):
                return frozenset({idsite}) if match is None else match[1] | {idsite}
            if match is not None:
                return match[1]
        return None

    def path_of(self, parts: ParsedUrl) -> str:
        """The deepest known path of exactly this host that the page lies in; empty where there is none."""
        if parts.host is None:
            return ""
        match = self._match(canonical_host(parts.host), canonical_path(parts))
        return "" if match is None else match[0]

    def _match(self, host: str, path: str) -> tuple[str, frozenset[int]] | None:
        for folder, sites in self._hosts.get(host, ()):
            if path.startswith(folder):
                return folder, sites
        return None


def _hosts_of(name: str) -> Iterator[str]:
    """The hosts under which a page may be known: its own, then `.host` and `.parent` for subdomains."""
    host = canonical_host(name)
    yield host
    yield f".{host}"
    while host.count(".") > 1:
        host = host.partition(".")[2]
        yield f".{host}"
