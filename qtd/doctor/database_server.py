"""How a MariaDB or MySQL server is set: version, isolation, durability, limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from qtd.doctor.amounts import size
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.doctor.database_facts import DatabaseFacts

#: JSON_ARRAY, with which visits are read.
_LEAST_MARIADB: Final = (10, 2, 3)
_LEAST_MYSQL: Final = (5, 7, 8)

_STRICT: Final = "STRICT_TRANS_TABLES"

#: A statement has at most 256 kB of characters, of 4 bytes each, where rows are of ordinary size.
_LEAST_PACKET: Final = 1024**2


def check_settings(group: str, facts: DatabaseFacts, *, largest: int, where: str) -> Iterator[Check]:
    """Judge them all; `largest` is the size in bytes of the largest request that is accepted."""
    yield _version(group, facts, where)
    yield _isolation(group, facts, where)
    yield _sql_mode(group, facts, where)
    yield _durability(group, facts, where)
    yield _timeouts(group, facts, where)
    yield _packet(group, facts, largest, where)


def _version(group: str, facts: DatabaseFacts, where: str) -> Check:
    mariadb = "mariadb" in facts.version.lower()
    product, least = ("MariaDB", _LEAST_MARIADB) if mariadb else ("MySQL", _LEAST_MYSQL)
    numbers = tuple(int(part) for part in re.findall(r"\d+", facts.version)[:3])
    name = f"{group}.version"
    if numbers < least:
        wanted = ".".join(map(str, least))
        return wrong(
            name, f"{product} {facts.version}", f"{product} {wanted} or newer is needed", where=where
        )
    return fine(name, f"{product} {facts.version}", where=where)


def _isolation(group: str, facts: DatabaseFacts, where: str) -> Check:
    name = f"{group}.isolation"
    if facts.isolation != "READ-COMMITTED":
        return wrong(
            name,
            f"our transactions run at {facts.isolation}, though READ COMMITTED was asked for",
            "a proxy between may drop SET SESSION: connect directly, or let it pass",
            where=where,
        )
    if facts.session.get("log_bin") == "ON" and facts.session.get("binlog_format") == "STATEMENT":
        return wrong(
            name,
            "binlog_format is STATEMENT: InnoDB refuses to write at READ COMMITTED",
            "set binlog_format = ROW (or MIXED) on the server",
            where=where,
        )
    if facts.standard_isolation == "SERIALIZABLE":
        return doubtful(
            name,
            "READ-COMMITTED for us, but SERIALIZABLE for everybody else: their reads lock rows that we write",
            "set transaction_isolation = REPEATABLE-READ (the default) or READ-COMMITTED on the server",
            where=where,
        )
    return fine(name, f"READ-COMMITTED for us, {facts.standard_isolation} for others", where=where)


def _sql_mode(group: str, facts: DatabaseFacts, where: str) -> Check:
    name = f"{group}.sql_mode"
    if _STRICT not in facts.modes:
        return wrong(
            name,
            f"our session lacks {_STRICT}, though it was asked for",
            "a proxy between may drop SET SESSION: connect directly, or let it pass",
            where=where,
        )
    others = facts.standard.get("sql_mode", "")
    strict = "strict" if "STRICT_" in others else "not strict"
    return fine(name, f"strict for us; the server's own is {strict}", where=where)


def _durability(group: str, facts: DatabaseFacts, where: str) -> Check:
    name, setting = f"{group}.durability", "innodb_flush_log_at_trx_commit"
    value = facts.session.get(setting, "1")
    if value != "1":
        return doubtful(
            name,
            f"{setting} is {value}: a power cut costs about a second of rows whose requests have left the queue",
            f"SET GLOBAL {setting} = 1, and the same in the server's configuration; see docs/guarantees.md",
            where=where,
        )
    return fine(name, f"{setting} is 1: what is committed survives a power cut", where=where)


def _timeouts(group: str, facts: DatabaseFacts, where: str) -> Check:
    """Both values will do: a batch that waited too long is rolled back as a whole, by us."""
    value = facts.session.get("innodb_rollback_on_timeout", "OFF")
    by = "the server, too" if value == "ON" else "qtd; the server alone would undo one statement"
    found = f"innodb_rollback_on_timeout is {value}: a batch that waits too long is rolled back by {by}"
    return fine(f"{group}.rollback_on_timeout", found, where=where)


def _packet(group: str, facts: DatabaseFacts, largest: int, where: str) -> Check:
    name = f"{group}.max_allowed_packet"
    packet = int(facts.session.get("max_allowed_packet", 0))
    found = f"max_allowed_packet is {size(packet)}"
    advice = "SET GLOBAL max_allowed_packet = 67108864, and the same in the server's configuration"
    if packet < _LEAST_PACKET:
        return wrong(
            name, f"{found}: statements of a batch are up to {size(_LEAST_PACKET)}", advice, where=where
        )
    if packet < largest:
        return doubtful(
            name,
            f"{found}, but a request may have {size(largest)} (ingest.max_body_bytes): it could not be kept"
            " as a dead letter, or in an SQL queue",
            advice,
            where=where,
        )
    return fine(name, found, where=where)
