"""After the master's host has died under load and come back: every page view that was accepted is there, once."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from guests import until
from testinfra.host import Host
from topology import in_order
from tracking import hit, until_recorded

_AS_SERVICE = (
    "systemd-run --quiet --wait --pipe --collect --property=User=qtd --property=StateDirectory=qtd"
    " --property=LoadCredential=qtd:/etc/qtd/credentials /opt/qtd/venv/bin/qtd"
)


def recorded(guests: dict[str, Host]) -> Counter[str]:
    """Return how often each page view of the loads is in the database."""
    rows = guests["qtd-sentinel-3"].check_output(
        "mariadb --batch --skip-column-names matomo --execute %s",
        "SELECT name, COUNT(*) FROM matomo_log_link_visit_action JOIN matomo_log_action ON idaction_url = idaction"
        " WHERE name LIKE '%/failover-%' GROUP BY name",
    )
    return Counter({f"http://{line.split()[0]}": int(line.split()[1]) for line in rows.splitlines()})


def loads(guests: dict[str, Host], name: str) -> list[dict[str, Any]]:
    """Return what became of the page views that were sent to the own endpoints, or to the master's."""
    found = (guest.run(f"cat /root/load-{name}.json") for guest in guests.values())
    return [json.loads(one.stdout) for one in found if one.rc == 0]


def test_every_accepted_page_view_is_there_once(guests: dict[str, Host]) -> None:
    """Those that the host accepted that died then, too."""
    own, masters = loads(guests, "own"), loads(guests, "master")
    assert (len(own), len(masters)) == (2, 2)
    accepted = {page for load in own + masters for page in load["accepted"]}
    failed = {page for load in own + masters for page in load["failed"]}
    assert all(len(load["accepted"]) > 50 for load in own)
    assert sum(len(load["accepted"]) for load in masters) > 0
    until("all are recorded", lambda: accepted <= recorded(guests).keys())
    found = recorded(guests)
    assert [page for page, times in found.items() if times > 1] == []
    assert found.keys() <= accepted | failed


def test_the_others_refused_nothing(guests: dict[str, Host]) -> None:
    """While there was no master their endpoints kept what came on their own disks."""
    assert [load["failed"] for load in loads(guests, "own")] == [{}, {}]


def test_the_former_master_follows_the_new_one(guests: dict[str, Host]) -> None:
    """They are three again."""
    until("one master, two replicas", lambda: in_order(guests))


def test_a_hit_on_each_host_arrives(guests: dict[str, Host]) -> None:
    """The one that has come back takes its part again."""
    until_recorded(guests["qtd-sentinel-3"], [hit(guest) for guest in guests.values()])


def test_the_doctor_finds_nothing_wrong(host: Host) -> None:
    """`qtd test`, as a service, has no error."""
    said = host.run(f"{_AS_SERVICE} test --json --config /etc/qtd/qtd.yaml")
    assert said.rc == 0, said.stdout + said.stderr


def test_the_books_balance(guests: dict[str, Host]) -> None:
    """What was taken from the queues is what was recorded."""
    said = guests["qtd-sentinel-1"].run(f"{_AS_SERVICE} audit --config /etc/qtd/qtd.yaml")
    assert said.rc == 0, said.stdout + said.stderr
