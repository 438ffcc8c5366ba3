"""The upgrade under load: no request refused, no page view lost or doubled, and this release runs."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

from guests import until
from playbook import play, unwrapped
from testinfra.host import Host
from tracking import hit, until_recorded

SERVICES = ("qtd", "qtd-ingest", "qtd-worker@1", "qtd-worker@2")


def pages(host: Host) -> Counter[str]:
    """Return the load's page views in the database, by address."""
    rows = host.check_output(
        "mariadb --batch --skip-column-names matomo --execute %s",
        "SELECT name, COUNT(*) FROM matomo_log_link_visit_action JOIN matomo_log_action ON idaction_url = idaction"
        " WHERE name LIKE '%/run-%' GROUP BY name",
    )
    return Counter({f"http://{line.split()[0]}": int(line.split()[1]) for line in rows.splitlines()})


def test_no_request_was_refused_and_no_page_view_lost_or_doubled(host: Host) -> None:
    """Of all that were sent while the roles ran, in the upgrade and after it, each is recorded once."""
    loads = [json.loads(text) for text in host.check_output("cat /root/load-*.json").splitlines()]
    assert len(loads) >= 2
    assert all(len(load["accepted"]) > 50 for load in loads)
    assert [load["failed"] for load in loads] == [{}] * len(loads)
    accepted = Counter(page for load in loads for page in load["accepted"])
    until("all are recorded", lambda: not accepted - pages(host))
    assert pages(host) == accepted


def test_this_release_runs(host: Host) -> None:
    """Link, units and processes are the new release's; the former one is kept to go back to."""
    former, now = host.check_output("cat /root/previous-release"), host.check_output("readlink /opt/qtd/venv")
    assert former != now
    assert host.file(former).is_directory
    switched = int(host.check_output("stat --format=%Z /opt/qtd/venv"))
    for service in SERVICES:
        pid = host.check_output("systemctl show -P MainPID %s", service)
        assert int(host.check_output("stat --format=%%Y /proc/%s", pid)) >= switched, service
        host.check_output("systemctl is-active %s", service)


def test_a_release_that_can_not_be_installed_touches_nothing_that_runs(host: Host, tmp_path: Path) -> None:
    """Its installation fails beside what runs; the next run with a good one has nothing to do."""
    broken = tmp_path / "qtd-9.9.9-py3-none-any.whl"
    broken.write_bytes(b"no wheel")
    before = host.check_output("readlink /opt/qtd/venv; systemctl show -P MainPID %s %s %s %s", *SERVICES)
    variables = json.dumps({"qtd_source": "wheel", "qtd_wheel": str(broken)})
    done = play("--tags", "install", "--extra-vars", variables)
    shutil.rmtree(tmp_path)
    assert done.returncode != 0
    assert "qtd-9.9.9-py3-none-any.whl" in unwrapped(done.stdout + done.stderr)
    assert (
        host.check_output("readlink /opt/qtd/venv; systemctl show -P MainPID %s %s %s %s", *SERVICES)
        == before
    )
    until_recorded(host, [hit(host)])
