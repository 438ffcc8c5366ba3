"""`ansible-playbook --check --diff`: says what would be done, on a fresh host too, and does nothing."""

from __future__ import annotations

import pytest
import role
from testinfra.host import Host

_CHANGED = (
    "find /etc /run/systemd /run/qtd* -newer /tmp/before \\( -type f -o -type l -o -type s \\) 2>/dev/null"
)
_SITES = {
    "nginx": "/etc/nginx/sites-enabled/matomo",
    "apache": "/etc/apache2/sites-enabled/matomo.conf",
}


@pytest.mark.parametrize("server", ["nginx", "apache"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode(host: Host, server: str, state: str) -> None:
    """The host is the same afterwards."""
    host.check_output("touch /tmp/before")
    variables = {"qtd_hook_webserver": server, "qtd_hook_site": _SITES[server], "qtd_hook_state": state}
    done = role.run("--check", "--diff", **variables)
    assert done.code == 0, done.said
    assert ("qtd-hook.d/*.conf" in done.said) == (state == "present")
    assert host.run(_CHANGED).stdout == ""
    assert host.run("ls -d /tmp/qtd-hook-*").rc != 0
