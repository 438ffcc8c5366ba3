"""Parameters that large sites add to their links for their own purposes; referrers are kept without them."""

from __future__ import annotations

_BY_HOST = (
    (("instagram.com",), ("e", "s")),
    (("facebook.com",), ("h", "p")),
    (
        ("google.", "googleusercontent."),
        ("ust", "usg", "usd", "sa", "sntz", "ei", "bvm", "ved", "client", "channel"),
    ),
    (("main.exoclick.com",), ("data", "wpn")),
    (("youtube.com",), ("redir_token", "html_redirect", "continuation", "feature")),
    (
        ("bing.com",),
        ("cvid", "refig", "elv", "plvar", "setlang", "qs", "cc", "mkt", "pc", "form", "src"),
    ),
)


def tracking_parameters(host: str) -> tuple[str, ...]:
    """The names of the parameters to drop from addresses of this host (a part of its name decides)."""
    names: list[str] = []
    for parts, parameters in _BY_HOST:
        if any(part in host for part in parts):
            names += parameters
    return tuple(names)
