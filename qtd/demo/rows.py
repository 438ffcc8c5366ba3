"""What lies in the database at the end, and how to look at it oneself."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

#: Rows of each small table.
MOST_ROWS = 6

#: The five tables that tracking fills.
LOG_TABLES = (
    "log_visit",
    "log_link_visit_action",
    "log_action",
    "log_conversion",
    "log_conversion_item",
)

_REFERRER = """CASE referer_type WHEN 1 THEN 'direct' WHEN 2 THEN 'search: ' || referer_name
    WHEN 3 THEN 'website: ' || referer_name WHEN 6 THEN 'campaign: ' || referer_name
    WHEN 7 THEN 'social: ' || referer_name ELSE 'unknown' END"""

#: As device-detector numbers them; Matomo keeps the number.
_DEVICE = """CASE config_device_type WHEN 0 THEN 'desktop' WHEN 1 THEN 'smartphone' WHEN 2 THEN 'tablet'
    WHEN 3 THEN 'feature phone' WHEN 4 THEN 'console' WHEN 5 THEN 'tv' WHEN 10 THEN 'phablet' ELSE 'other' END"""

#: Short enough to be copied, and to be changed by whoever wants to see more.
VISITS = (
    "SELECT idvisit, idsite, visit_first_action_time, visit_total_actions, referer_name, config_os,"
    " location_country FROM log_visit ORDER BY 1 DESC LIMIT 10"
)
ACTIONS = (
    "SELECT idvisit, server_time, name FROM log_link_visit_action"
    " JOIN log_action ON idaction = idaction_url ORDER BY idlink_va DESC LIMIT 10"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Top:
    """The most frequent values of something."""

    title: str
    counted: str
    rows: Sequence[tuple[str, int]]


def counts(database: Path) -> dict[str, int]:
    """Rows of each log table."""
    with closing(_open(database)) as connection:
        return {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608 - our names
            for table in LOG_TABLES
        }


def dead_letters(database: Path) -> list[bytes]:
    """The entries that could not be applied."""
    with closing(_open(database)) as connection:
        return [bytes(entry) for (entry,) in connection.execute("SELECT entry FROM qtd_dead_letter")]


def tops(database: Path) -> list[Top]:
    """Pages, referrers and devices."""
    with closing(_open(database)) as connection:
        return [
            _top(
                connection,
                "Pages",
                "views",
                "SELECT a.name, COUNT(*) FROM log_link_visit_action l JOIN log_action a"
                " ON a.idaction = l.idaction_url AND a.type = 1 WHERE l.idaction_event_category IS NULL",
            ),
            _top(connection, "Referrers", "visits", f"SELECT {_REFERRER}, COUNT(*) FROM log_visit"),  # noqa: S608
            _top(
                connection,
                "Devices",
                "visits",
                f"SELECT {_DEVICE} || ', ' || config_os || ', ' || config_browser_name, COUNT(*)"  # noqa: S608
                " FROM log_visit",
            ),
        ]


def look_commands(database: Path) -> list[tuple[str, str]]:
    """(what it shows, a line for the shell that shows it); all but the last need nothing but Python."""
    return [
        ("The newest visits", _in_python(database, VISITS)),
        ("The newest actions", _in_python(database, ACTIONS)),
        ("With the sqlite3 tool", shlex.join(["sqlite3", "-header", str(database), VISITS])),
    ]


def _in_python(database: Path, query: str) -> str:
    program = f'import sqlite3; print(*sqlite3.connect("{database}").execute("{query}"), sep="\\n")'
    return shlex.join(["python3", "-c", program])


def _top(connection: sqlite3.Connection, title: str, counted: str, query: str) -> Top:
    rows = connection.execute(f"{query} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_ROWS}").fetchall()
    return Top(title=title, counted=counted, rows=[(str(name), int(number)) for name, number in rows])


def _open(database: Path) -> sqlite3.Connection:
    """Read only: looking makes no file and takes no lock for writing."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
