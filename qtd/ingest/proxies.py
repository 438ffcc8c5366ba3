"""The proxies before us, and what PHP on the Matomo host would have seen without them.

A web server that passes tracking requests on to us names the client's address in a header. From a trusted
peer that header is believed, and what it added is taken out again, so that `REMOTE_ADDR` and the headers in
the entry are those that PHP behind this web server would have had. Matomo's own `proxy_client_headers` then
applies to them when the entry is replayed, for the proxies before the web server. From any other peer the
headers are just headers: whatever they say, `REMOTE_ADDR` is the peer.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from qtd.engine.ip_address import without_port
from qtd.ingest.header_names import variable_of

Network = IPv4Network | IPv6Network

#: What stands for the address of a peer that has none (a unix socket); Matomo takes the same.
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing is bound to it


class Proxies:
    """Decides whom to believe; a unix socket's peer always, for file permissions guard that socket."""

    def __init__(
        self, networks: Iterable[Network], *, client_headers: Iterable[str], host_headers: Iterable[str]
    ) -> None:
        self._networks = tuple(networks)
        self._client_headers = tuple(filter(None, (variable_of(name.encode()) for name in client_headers)))
        self._host_headers = tuple(filter(None, (variable_of(name.encode()) for name in host_headers)))
        #: Whether a peer's address is trusted.
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def _trusts(self, peer: str) -> bool:
        if not peer:
            return True
        address = _address(peer)
        return address is not None and any(address in network for network in self._networks)

    def apply(self, server: dict[str, str | int | float], peer: str) -> None:
        """Set `REMOTE_ADDR`, and from a trusted peer host, scheme and port, in PHP's `$_SERVER`."""
        if not self.trusts(peer):
            server["REMOTE_ADDR"] = peer
            return
        server["REMOTE_ADDR"] = self._client(server, peer) or NO_ADDRESS
        for name in self._host_headers:
            if host := str(server.get(name, "")).rpartition(",")[2].strip():
                server["HTTP_HOST"] = host
                break
        if str(server.get("HTTP_X_FORWARDED_PROTO", "")).rpartition(",")[2].strip().lower() == "https":
            server["HTTPS"] = "on"
            server["SERVER_PORT"] = "443"
        port = str(server.get("HTTP_X_FORWARDED_PORT", ""))
        if port.isascii() and port.isdigit() and 0 < int(port[:6]) <= 0xFFFF:
            server["SERVER_PORT"] = port

    def _client(self, server: dict[str, str | int | float], peer: str) -> str:
        """Walk the header back from us, over trusted hops, to the first that is not; drop what was read."""
        for name in self._client_headers:
            given = server.get(name)
            if given is None:
                continue
            hops = [hop.strip() for hop in str(given).split(",")]
            client = peer
            while hops:
                hop = without_port(hops[-1])
                if _address(hop) is None:
                    break
                client = hop
                hops.pop()
                if not self.trusts(hop):
                    break
            if hops:
                server[name] = ", ".join(hops)
            else:
                del server[name]
            return client
        return peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
