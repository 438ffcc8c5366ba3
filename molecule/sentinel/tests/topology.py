"""Who is master and who follows, as servers and Sentinels say."""

from __future__ import annotations

from testinfra.host import Host

ADDRESSES = {
    "qtd-sentinel-1": "10.89.78.11",
    "qtd-sentinel-2": "10.89.78.12",
    "qtd-sentinel-3": "10.89.78.13",
}


def ask(host: Host, *command: str, port: int = 6379) -> list[str]:
    """Ask the host's server (or on 26379 its Sentinel); return the lines that it says, none without an answer.

    A server gives none while it starts, and closes its connections when a Sentinel makes it a replica.
    """
    account = "REDISCLI_AUTH=of-the-admin redis-cli --user admin"
    if port == 26379:
        account = "REDISCLI_AUTH=of-the-sentinels redis-cli"
    address = ADDRESSES[host.check_output("hostname")]
    answer = host.run(f"{account} -h {address} -p {port} {' '.join(command)}")
    lines: list[str] = answer.stdout.splitlines() if answer.rc == 0 else []
    return lines


def in_order(guests: dict[str, Host]) -> bool:
    """Say whether all agree on one master, and two replicas follow it."""
    elected = [
        ask(guest, "sentinel", "get-master-addr-by-name", "qtd", port=26379)[:1] for guest in guests.values()
    ]
    named = [name for name, address in ADDRESSES.items() if elected == [[address]] * len(guests)]
    if not named:
        return False
    followers = sum(line in ADDRESSES.values() for line in ask(guests[named[0]], "role"))
    roles = [line for guest in guests.values() for line in ask(guest, "role")[:1]]
    watched = [
        line for guest in guests.values() for line in ask(guest, "sentinel", "ckquorum", "qtd", port=26379)
    ]
    return (
        sorted(roles) == ["master", "slave", "slave"]
        and followers == 2
        and sum("OK 3 usable" in line for line in watched) == 3
    )
