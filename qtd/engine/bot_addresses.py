"""The addresses of search engines' crawlers, which visit pages with browsers' names.

Source: Matomo 5; the ranges are those of Google, Microsoft, Yahoo and one more crawler.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtd.engine.ip_address import AddressRanges

_GOOGLE = AddressRanges(
    [
        "64.18.0.0/20",
        "64.233.160.0/19",
        "66.102.0.0/20",
        "66.249.80.0/20",
        "72.14.192.0/18",
        "74.125.0.0/16",
        "173.194.0.0/16",
        "207.126.144.0/20",
        "209.85.128.0/17",
        "216.239.32.0/19",
    ]
)
_OTHERS = AddressRanges(
    [
        # Microsoft
        "64.4.0.0/18",
        "65.52.0.0/14",
        "131.253.24.0/20",
        "131.253.26.0/20",
        "157.54.0.0/15",
        "157.56.0.0/14",
        "157.60.0.0/16",
        "207.46.0.0/16",
        "207.68.128.0/18",
        "207.68.192.0/20",
        # Yahoo
        "72.30.196.0/20",
        "72.30.198.0/20",
        "98.137.207.0/20",
        "1.202.218.8",
    ]
)


def is_bot_address(ip: bytes, server: Mapping[str, Any]) -> bool:
    """Whether a crawler has this address; people behind Chrome's data saver, a proxy of Google's, are none."""
    if ip in _OTHERS:
        return True
    if ip not in _GOOGLE:
        return False
    return "chrome-compression-proxy" not in str(server.get("HTTP_VIA") or "").lower()
