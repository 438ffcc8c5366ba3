"""Who is master and who follows, as servers and Sentinels say."""

from __future__ import annotations

from testinfra.host import Host

ADDRESSES = {
    "qtd-sentinel-1": "10.89.78.11",
    "qtd-sentinel-2": "10.89.78.12",
    "qtd-sentinel-3": "10.89.78.13",
}


def ask(host: Host, *command: str, port: int = 6379) -> list[str]:
    """Ask the host's server (or on 26379 its Sentinel); return the lines of what it says."""
    account = "REDISCLI_AUTH=of-the-admin redis-cli --user admin"
    if port == 26379:
        account = "REDISCLI_AUTH=of-the-sentinels redis-cli"
    address = ADDRESSES[host.check_output("hostname")]
    out: str = host.check_output(f"{account} -h {address} -p {port} {' '.join(command)}")
    return out.splitlines()


def master(host: Host) -> str:
    """Return the name of the host that this one's Sentinel holds for the master."""
    address = ask(host, "sentinel", "get-master-addr-by-name", "qtd", port=26379)[0]
    return next(name for name, its in ADDRESSES.items() if its == address)


def in_order(guests: dict[str, Host]) -> bool:
    """Say whether all agree on one master, and two replicas follow it."""
    masters = {master(guest) for guest in guests.values()}
    if len(masters) != 1:
        return False
    role = ask(guests[masters.pop()], "role")
    roles = [ask(guest, "role")[0] for guest in guests.values()]
    watched = [ask(guest, "sentinel", "ckquorum", "qtd", port=26379)[0] for guest in guests.values()]
    followers = sum(line in ADDRESSES.values() for line in role)
    return (
        sorted(roles) == ["master", "slave", "slave"]
        and followers == 2
        and all("OK 3 usable" in line for line in watched)
    )
