"""What healthy servers tell of themselves; tests change one thing at a time."""

from __future__ import annotations

from typing import Any

from qtd.doctor.check import Check, Verdict
from qtd.doctor.database_facts import DatabaseFacts
from qtd.doctor.redis_facts import RedisFacts

INFO: dict[str, Any] = {
    "redis_version": "7.0.15",
    "redis_mode": "standalone",
    "used_memory": 10 * 1024**2,
    "maxmemory": 1024**3,
    "total_system_memory": 8 * 1024**3,
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "role": "master",
    "connected_slaves": 0,
    "master_repl_offset": 0,
}
VARIABLES = {
    "log_bin": "OFF",
    "binlog_format": "MIXED",
    "innodb_flush_log_at_trx_commit": "1",
    "innodb_rollback_on_timeout": "OFF",
    "max_allowed_packet": str(16 * 1024**2),
    "sql_mode": "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION",
    "tx_isolation": "READ-COMMITTED",
}


def redis_facts(**info: Any) -> RedisFacts:
    """A healthy Redis, but for these values of INFO."""
    return RedisFacts(
        address="redis:6379",
        seconds=0.001,
        info=INFO | info,
        settings={"appendfsync": "everysec"},
        ahead=(0.0, 0.0),
    )


def database_facts(version: str = "10.11.6-MariaDB", **variables: str) -> DatabaseFacts:
    """A healthy MariaDB, but for these variables of our session."""
    return DatabaseFacts(
        version=version,
        session=VARIABLES | variables,
        standard=VARIABLES | {"tx_isolation": "REPEATABLE-READ"},
        ahead=0.0,
        doubt=0.0,
    )


def verdicts(checks: list[Check]) -> dict[str, str]:
    """Name to verdict, the worst where there are several; advice is there just where it is needed."""
    for check in checks:
        assert bool(check.advice) is (check.verdict is not Verdict.OK), check
    worst = sorted(checks, key=lambda check: list(Verdict).index(check.verdict))
    return {check.name: check.verdict.value for check in worst}


def trouble(checks: list[Check]) -> dict[str, str]:
    """What is not well."""
    return {name: verdict for name, verdict in verdicts(checks).items() if verdict != "ok"}


def found(checks: list[Check], name: str) -> str:
    """What the first check of that name found."""
    return next(check.found for check in checks if check.name == name)
