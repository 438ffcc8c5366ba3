"""While qtd is away, comes and goes: each page view is at qtd or at PHP, once."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from guests import restart, until
from matomo_site import Load, Site
from testinfra.host import Host


def balance(site: Site, load: Load, prefix: str) -> tuple[int, int]:
    """Hold a load to the balance; return how many of its page views were at qtd and at PHP."""
    at_qtd, at_php = site.at_qtd(prefix), site.at_php(prefix)
    everywhere = at_qtd + at_php
    assert [page for page, times in everywhere.items() if times > 1] == []
    assert [page for page in load.accepted if page not in everywhere] == []
    assert set(everywhere) <= {*load.accepted, *load.failed}
    return at_qtd.total(), at_php.total()


def test_stopped_php_gets_everything_as_it_was_sent(site: Site) -> None:
    """Any method, parameters, and a bulk request of half a megabyte to the byte."""
    host = site.host
    host.check_output("systemctl stop qtd.target")
    try:
        bulk = json.dumps(
            {"requests": [f"?idsite=1&rec=1&url=http://shop.example/{os.urandom(20).hex()}"] * 5000}
        )
        for method, body in (
            ("GET", None),
            ("POST", b"a=b"),
            ("POST", bulk.encode()),
            ("HEAD", None),
            ("OPTIONS", None),
        ):
            assert site.send(
                method, "/matomo.php?a=1%20b&c=%2F", body=body, X_Forwarded_For="203.0.113.7"
            ) == (200, "php")
        records = site.php()
    finally:
        host.check_output("systemctl start qtd.target")
    assert [record["server"]["REQUEST_METHOD"] for record in records] == [
        "GET",
        "POST",
        "POST",
        "HEAD",
        "OPTIONS",
    ]
    assert hashlib.sha256(records[2]["body"].encode()).digest() == hashlib.sha256(bulk.encode()).digest()
    for record in records:
        assert record["server"]["REQUEST_URI"] == "/matomo.php?a=1%20b&c=%2F"
        assert record["server"]["QUERY_STRING"] == "a=1%20b&c=%2F"
        assert record["server"]["REMOTE_ADDR"] == "127.7.0.9"
        assert record["server"]["HTTP_X_FORWARDED_FOR"] == "203.0.113.7"
        assert record["server"]["SCRIPT_NAME"] == "/matomo.php"
    until("qtd is back", lambda: site.hit("idsite=1&rec=1&send_image=0") == (204, "qtd"))


def test_restarted_under_load_nobody_notices(site: Site, prefix: str) -> None:
    """Requests wait at the socket: qtd gets all of them."""
    with site.load(prefix) as load:
        for _ in range(2):
            site.host.check_output("systemctl restart qtd-ingest.service")
        site.host.check_output("systemctl restart qtd.target")
    assert load.failed == {}
    at_qtd, at_php = balance(site, load, prefix)
    assert (at_qtd, at_php) == (len(load.accepted), 0)


def test_stopped_and_started_under_load_nothing_is_lost(site: Site, prefix: str) -> None:
    """Not a single request fails: what came before is with qtd, what comes then with PHP, and then with qtd again."""
    with site.load(prefix) as load:
        for times in (1, 2, 3):
            site.host.check_output("systemctl stop qtd.target")
            until("PHP gets hits", lambda: site.at_php(prefix).total() > 20 * times)  # noqa: B023 - called at once
            site.host.check_output("systemctl start qtd.target")
            until("the gate is open", lambda: site.host.service("qtd-hook.service").is_running)
            until("qtd gets hits", lambda: site.hit("idsite=1&rec=1&send_image=0") == (204, "qtd"))
    assert load.failed == {}
    at_qtd, at_php = balance(site, load, prefix)
    assert at_qtd > 0
    assert at_php > 60


def test_killed_under_load_nothing_is_recorded_twice(site: Site, prefix: str) -> None:
    """Only what qtd had in its hands at that moment fails, and PHP does not get it as well."""
    with site.load(prefix) as load:
        for _ in range(3):
            before = site.restarts()
            site.host.check_output("systemctl kill --signal=KILL qtd-ingest.service")
            until("systemd has started it again", lambda: site.restarts() > before)  # noqa: B023 - called at once
    balance(site, load, prefix)
    assert set(load.failed.values()) <= {"502"}
    assert len(load.failed) <= 3 * 2 * 4  # three times what four connections can have under way


def test_what_qtd_holds_when_it_dies_is_not_given_to_php(site: Site, prefix: str) -> None:
    """Requests that qtd has read and not answered: it may have kept them, so their clients get an error."""
    host = site.host
    hold = (
        "import sqlite3, sys; connection = sqlite3.connect('/var/lib/qtd/qtd.sqlite3', isolation_level=None);"
    )
    hold += " connection.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    with site.load(prefix) as load:
        with site.process("python3", "-c", hold) as holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            until(
                "qtd has read a request of each connection, and can not push it", lambda: site.in_hand() == 4
            )
            host.check_output("systemctl kill --signal=KILL qtd-ingest.service")
        until("qtd takes hits again", lambda: site.hit("idsite=1&rec=1&send_image=0") == (204, "qtd"))
    assert set(load.failed.values()) == {"502"}
    assert balance(site, load, prefix)[1] == 0


def test_a_broken_configuration_gives_the_hits_to_php(site: Site) -> None:
    """An endpoint that can not start any more: its socket and the gate are closed, and nobody tries for ever."""
    host = site.host
    host.check_output("cp -p /etc/qtd/qtd.yaml /root && echo 'nonsense: 1' >>/etc/qtd/qtd.yaml")
    try:
        assert host.run("systemctl restart qtd-ingest.service").rc != 0
        until("the gate is closed", lambda: not host.file("/run/qtd-hook/ingest.sock").exists)
        assert [site.hit("idsite=1&rec=1&send_image=0") for _ in range(3)] == [(200, "php")] * 3
        assert host.check_output("systemctl show -P ActiveState qtd-ingest.service") == "failed"
        assert not host.service("qtd-ingest.socket").is_running
    finally:
        host.check_output("cp -p /root/qtd.yaml /etc/qtd/qtd.yaml && systemctl reset-failed")
    host.check_output("systemctl restart qtd-ingest.service")
    until("qtd is back", lambda: site.hit("idsite=1&rec=1&send_image=0") == (204, "qtd"))


def test_refused_by_qtd(site: Site, prefix: str) -> None:
    """What qtd answers with 503 goes to PHP with nginx; with Apache the client hears it and sends it again."""
    host = site.host
    drop_in = "/run/systemd/system/qtd-ingest.service.d/read-only.conf"
    host.check_output(
        "mkdir -p $(dirname %s) && printf '[Service]\nReadOnlyPaths=/var/lib/qtd\n' >%s && systemctl daemon-reload",
        drop_in,
        drop_in,
    )
    try:
        host.check_output("systemctl restart qtd-ingest.service")
        page = f"http://shop.example/{prefix}/"
        outcome = site.hit("", body=json.dumps({"requests": [f"?idsite=1&rec=1&url={page}"]}).encode())
    finally:
        host.check_output("rm %s && systemctl daemon-reload && systemctl restart qtd-ingest.service", drop_in)
    assert outcome == ((200, "php") if site.server == "nginx" else (503, "qtd"))
    assert site.at_qtd(prefix).total() == 0


def test_after_a_reboot_all_is_there(host: Host) -> None:
    """Socket, endpoint, gate, web servers: hits go to qtd again without anybody's help."""
    restart(host)
    for server in ("nginx", "apache"):
        site = Site(host=host, server=server)
        until("qtd takes hits", lambda: site.hit("idsite=1&rec=1&send_image=0") == (204, "qtd"))  # noqa: B023


@pytest.mark.parametrize("unit", ["qtd-ingest.socket", "qtd.target"])
def test_the_gate_goes_with_the_socket(host: Host, unit: str) -> None:
    """Whatever stops the socket closes the gate before, and whatever opens it, opens the gate."""
    gate = host.file("/run/qtd-hook/ingest.sock")
    host.check_output("systemctl stop %s", unit)
    assert not gate.exists
    host.check_output("systemctl start %s", unit)
    until("the gate is open", lambda: gate.is_symlink)
    host.check_output("systemctl start qtd.target")
