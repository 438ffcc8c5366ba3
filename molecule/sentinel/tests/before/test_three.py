"""Three hosts as provisioned: one master, two replicas, three Sentinels, and workers on each."""

from __future__ import annotations

from guests import until
from testinfra.host import Host
from topology import in_order
from tracking import hit, until_recorded

SERVICES = (
    "redis-server",
    "redis-sentinel",
    "qtd.target",
    "qtd",
    "qtd-ingest.socket",
    "qtd-ingest",
    "qtd-worker@1",
)


def test_each_host_runs_everything(host: Host) -> None:
    """Redis, Sentinel, endpoint, supervisor and worker."""
    for service in SERVICES:
        assert host.service(service).is_running, service


def test_all_agree_on_one_master(guests: dict[str, Host]) -> None:
    """Two replicas follow it, and three Sentinels can elect another."""
    until("one master, two replicas", lambda: in_order(guests))


def test_a_hit_on_each_host_arrives(guests: dict[str, Host]) -> None:
    """Whatever host takes it and whichever worker records it."""
    until_recorded(guests["qtd-sentinel-3"], [hit(guest) for guest in guests.values()])


def test_nobody_gets_in_without_a_password(host: Host) -> None:
    """Neither to the server nor to the Sentinel."""
    address = host.check_output("hostname --ip-address").split()[0]
    for port in (6379, 26379):
        assert host.check_output(f"redis-cli -h {address} -p {port} info").startswith("NOAUTH"), port
