"""Wrong variables, and configurations that the web server refuses: said clearly, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import role
from testinfra.host import Host

_OTHER = "/etc/nginx/sites-enabled/other"


@pytest.fixture(autouse=True)
def _unchanged(host: Host) -> Iterator[None]:
    """Hold each test to it: the same files, and nothing was started again or reloaded."""
    state = (
        "find /etc/nginx /etc/apache2 /etc/systemd/system -type f -exec sha256sum {} + | sort;"
        " systemctl show -P ActiveEnterTimestamp -P InvocationID qtd-hook nginx apache2;"
        " journalctl --no-pager -o cat -u nginx -u apache2 | grep -c Reloaded; ls -d /tmp/qtd-hook-* 2>&1"
    )
    before = host.run(state).stdout
    yield
    host.check_output("rm -f %s", _OTHER)
    assert host.run(state).stdout == before


@pytest.mark.usefixtures("host")
def test_wrong_values_are_named_all_at_once() -> None:
    """Each with its value and what is allowed, before anything is looked at."""
    done = role.run(
        qtd_hook_timeout_seconds=1,
        qtd_hook_max_waiting=70000,
        qtd_hook_paths=["/matomo.php", "/index.php"],
        qtd_hook_socket="127.0.0.1:8088",
        qtd_hook_site="matomo.conf",
        qtd_hook_web_user="-",
    )
    assert done.code == 2
    for wrong in (
        "qtd_hook_timeout_seconds: 1: must be 5 to 600",
        "qtd_hook_max_waiting: 70000: must be 8 to 65536",
        "/index.php'']: must be at least one path that ends with /matomo.php or /piwik.php",
        "qtd_hook_socket: 127.0.0.1:8088: must be the absolute path of a Unix socket",
        "qtd_hook_site: matomo.conf: must be the absolute path",
        "qtd_hook_web_user: -: must be the name of a user",
    ):
        assert wrong in done.said


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ({"qtd_hook_state": "gone"}, ["value of qtd_hook_state must be one of: present, absent, got: gone"]),
        (
            {"qtd_hook_site": "/etc/nginx/none", "qtd_hook_web_user": "nobody-at-all"},
            [
                "qtd_hook_site: /etc/nginx/none: must be a file on the host",
                "qtd_hook_web_user: nobody-at-all: must be a user on the host",
            ],
        ),
        (
            {"qtd_hook_site": "/etc/hostname"},
            ["qtd_hook_site: /etc/hostname: must be the file with Matomo's server block"],
        ),
    ],
)
@pytest.mark.usefixtures("host")
def test_a_wrong_value_is_refused(variables: dict[str, object], wrong: list[str]) -> None:
    """With the variable, its value, and what is allowed."""
    done = role.run(**variables)
    assert done.code == 2
    for one in wrong:
        assert one in done.said


def test_what_nginx_refuses_is_put_back(host: Host) -> None:
    """A site in which the hook's name is taken: nginx's own test finds it, and the site is as it was."""
    taken = "server { listen 81; location ^~ /.qtd-hook/ { return 404; }\n}\n"
    host.check_output("printf %s >%s", taken, _OTHER)
    done = role.run(qtd_hook_site=_OTHER, qtd_hook_timeout_seconds=59)
    assert done.code == 2
    assert "the hook was not added, and the configuration of nginx is as it was before" in done.said
    assert 'duplicate location "/.qtd-hook/"' in done.said.replace('\\"', '"')
    assert host.file(_OTHER).content_string == taken


def test_a_configuration_that_is_broken_already_is_not_touched(host: Host) -> None:
    """It is said that it was so before."""
    host.check_output("echo nonsense >%s", _OTHER)
    done = role.run(qtd_hook_timeout_seconds=59)
    assert done.code == 2
    assert "`nginx -t` fails without any change of ours" in done.said
