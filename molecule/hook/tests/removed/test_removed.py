"""With `qtd_hook_state: absent`: as if it had never been there."""

from __future__ import annotations

from matomo_site import Site
from testinfra.host import Host


def test_nothing_is_left(host: Host) -> None:
    """No file, no unit, no line in a site."""
    assert host.run("find /etc /run /tmp /usr/local -name '*qtd-hook*' | grep .").stdout == ""
    assert host.run("grep --recursive qtd-hook /etc/nginx /etc/apache2").stdout == ""
    assert host.check_output("systemctl show -P LoadState qtd-hook.service") == "not-found"
    assert host.check_output("systemctl is-system-running") == "running"


def test_php_takes_the_hits(site: Site) -> None:
    """Though qtd is still there, and takes what is sent to its socket."""
    assert site.hit("idsite=1&rec=1&send_image=0") == (200, "php")
    live = "curl --silent --unix-socket /run/qtd/ingest.sock http://qtd/healthz/live"
    assert site.host.check_output(live) == "live"
