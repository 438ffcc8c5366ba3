"""While qtd is there: it gets the hits, PHP gets all else, and both see the same client."""

from __future__ import annotations

import json

import pytest
from guests import until
from matomo_site import Site
from testinfra.host import Host

FILES = {
    "/etc/systemd/system/qtd-hook.service": 0o644,
    "/etc/nginx/conf.d/qtd-hook.conf": 0o644,
    "/etc/nginx/qtd-hook.d": 0o755,
    "/etc/nginx/qtd-hook.d/server.conf": 0o644,
    "/etc/apache2/qtd-hook.d": 0o755,
    "/etc/apache2/qtd-hook.d/site.conf": 0o644,
}


def test_what_is_installed(host: Host) -> None:
    """The gate is open and comes back at each start; files belong to root, and no copy of a site is left."""
    gate = host.service("qtd-hook.service")
    assert gate.is_running
    assert gate.is_enabled
    assert host.file("/run/qtd-hook/ingest.sock").linked_to == "/run/qtd/ingest.sock"
    for path, mode in FILES.items():
        file = host.file(path)
        assert (file.user, file.group, file.mode) == ("root", "root", mode), path
    assert host.file("/etc/nginx/sites-enabled").listdir() == ["matomo"]
    assert host.file("/etc/apache2/sites-enabled").listdir() == ["matomo.conf"]
    assert host.run("ls -d /tmp/qtd-hook-*").rc != 0


def test_the_web_servers_test_their_configuration_as_fine(host: Host) -> None:
    """Neither has anything to warn of."""
    assert "warn" not in host.run("nginx -t").stderr
    assert "Syntax OK" in host.run("apache2ctl configtest").stderr


@pytest.mark.parametrize("path", ["/matomo.php", "/piwik.php"])
def test_hits_go_to_qtd(site: Site, prefix: str, path: str) -> None:
    """Both paths, each of the tracker's methods; PHP gets none of them."""
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        page = f"http://shop.example/{prefix}/{method}"
        target = f"{path}?idsite=1&rec=1&send_image=0&url={page}"
        status, by = site.send(method, target, body=b"" if method == "POST" else None)
        assert (method, status, by) == (method, 204, "qtd")
    assert site.php() == []
    assert sorted(site.at_qtd(prefix).values()) == [1, 1, 1, 1]


def test_a_page_of_another_origin_may_send_hits(site: Site) -> None:
    """A browser's preflight is answered by qtd, as Matomo would."""
    status, by = site.send(
        "OPTIONS", "/matomo.php", Origin="http://shop.example", Access_Control_Request_Method="POST"
    )
    assert (status, by) == (204, "qtd")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "/matomo.php?idsite=1&rec=1"),
        ("DELETE", "/piwik.php"),
        ("GET", "/index.php?module=API"),
        ("POST", "/index.php"),
        ("GET", "//matomo.php?idsite=1"),
    ],
)
def test_all_else_goes_to_php(site: Site, method: str, target: str) -> None:
    """Other methods, other paths, other spellings of the paths: as if there were no hook."""
    if site.server == "apache" and target.startswith("//"):
        pytest.skip("for Apache that is the same path")
    body = b"something" if method == "POST" else None
    assert site.send(method, target, body=body) == (200, "php")
    [record] = site.php()
    assert record["server"]["REQUEST_METHOD"] == method
    assert record["server"]["REQUEST_URI"] == target
    assert record["server"]["REMOTE_ADDR"] == "127.7.0.9"
    assert record["body"] == (body or b"").decode()


def test_the_way_into_the_hook_is_closed(site: Site) -> None:
    """Nobody reaches qtd by the hook's own path."""
    status, _ = site.send("GET", "/.qtd-hook/matomo.php?idsite=1&rec=1")
    assert status == 404


def test_qtd_sees_the_client_as_php_does(site: Site, prefix: str) -> None:
    """The address is the web server's peer, whatever the client says of itself; the visitor is located by it."""
    query = f"idsite=1&rec=1&send_image=0&url=http://shop.example/{prefix}"
    spoof = {
        "X_Forwarded_For": "203.0.113.7",
        "X_Forwarded_Host": "evil.example",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Port": "99999",
    }
    assert site.hit(query, **spoof) == (204, "qtd")
    until("the queues are empty", lambda: site.rows("SELECT COUNT(*) FROM qtd_queue_entry") == [[0]])
    [[address]] = site.rows(
        "SELECT hex(location_ip) FROM log_visit JOIN log_action ON idaction = visit_exit_idaction_url"
        f" WHERE name = 'shop.example/{prefix}'"
    )
    assert address == "7F070000"  # its half: Matomo hides the other one


def test_the_entry_has_what_php_has(site: Site) -> None:
    """Apart from the worker: the variables in the queue's entry are those that PHP gets here."""
    host = site.host
    host.check_output("systemctl stop qtd-worker@1.service")
    try:
        assert site.hit("idsite=1&rec=1&send_image=0&a=1%20b", Host="matomo.example") == (204, "qtd")
        script = (
            "import json, sqlite3; from qtd.wire.request_set import decode;"
            " rows = sqlite3.connect('/var/lib/qtd/qtd.sqlite3').execute('SELECT stored FROM qtd_queue_entry');"
            " print(json.dumps(decode(list(rows)[-1][0]).server))"
        )
        ours = json.loads(host.check_output("/opt/qtd/venv/bin/python -c %s", script))
    finally:
        host.check_output("systemctl start qtd-worker@1.service")
    assert site.send("PUT", "/matomo.php?idsite=1&rec=1&send_image=0&a=1%20b", Host="matomo.example") == (
        200,
        "php",
    )
    [record] = site.php()
    for name in ("REMOTE_ADDR", "HTTP_HOST", "REQUEST_URI", "QUERY_STRING", "SCRIPT_NAME", "SERVER_PORT"):
        assert ours[name] == record["server"][name], name
    for name in ("HTTPS", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST"):
        assert name not in ours
        assert name not in record["server"]
