"""What a batch leaves outside the log tables: outdated reports, tracking failures, sites that turn out older."""

from __future__ import annotations

import os
import random
import re
import string
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from qtd.engine.plan import Plan
from qtd.store.coerce import moment_text
from qtd.store.columns import StoredTable
from qtd.store.dialect import Dialect

#: Matomo's ArchiveInvalidator: `<4 random characters>_report_to_invalidate_<idsite>_<date>_<process>`.
_REPORT = "report_to_invalidate_"
_REMEMBERED = re.compile(rf"{_REPORT}(\d+)_(\d{{4}}-\d\d-\d\d)")
_LETTERS = string.ascii_letters + string.digits


class RemarkWriter:
    """Writes remarks into Matomo's tables `option`, `tracking_failure` and `site`."""

    def __init__(
        self, tables: Mapping[str, StoredTable], dialect: Dialect, *, chance: random.Random | None = None
    ) -> None:
        self._tables = tables
        self._dialect = dialect
        self._chance = chance or random.Random()

    def write(self, connection: Connection, plan: Plan, *, now: float) -> None:
        """Write what the plan has of them; `now` in Unix seconds."""
        if plan.reports:
            self._remember_reports(connection, plan.reports)
        if plan.failures:
            self._record_failures(connection, plan.failures, now)
        for idsite, created in plan.site_created.items():
            self._make_older(connection, idsite, created)

    def _remember_reports(self, connection: Connection, reports: set[tuple[int, str]]) -> None:
        """Ask for new archives of these days, unless that is asked already.

        What is asked already is looked up each time: Matomo takes the rows away when it archives again, and a
        request that comes after that must ask anew.
        """
        table = self._tables["option"]
        rows = self._dialect.run(
            connection,
            f"SELECT `option_name` FROM {table.sql} WHERE `option_name` LIKE '%report|_to|_invalidate|_%' ESCAPE '|'",
        )
        known = {(int(found[1]), found[2]) for (name,) in rows if (found := _REMEMBERED.search(name))}
        names = [self._report_name(*report) for report in sorted(reports - known)]
        if names:
            self._insert(connection, "option", {"option_name": names, "option_value": "1", "autoload": 0})

    def _report_name(self, idsite: int, date: str) -> str:
        prefix = "".join(self._chance.choices(_LETTERS, k=4))
        return f"{prefix}_{_REPORT}{idsite}_{date}_{os.getpid()}"

    def _record_failures(
        self, connection: Connection, failures: Mapping[tuple[int, int], str], now: float
    ) -> None:
        """Record each kind of failure of a site once."""
        self._insert(
            connection,
            "tracking_failure",
            {
                "idsite": [idsite for idsite, _ in failures],
                "idfailure": [idfailure for _, idfailure in failures],
                "date_first_occurred": moment_text(int(now)),
                "request_url": list(failures.values()),
            },
        )

    def _make_older(self, connection: Connection, idsite: int, created: str) -> None:
        table = self._tables["site"]
        moment = self._dialect.literal(created)
        self._dialect.run(
            connection,
            f"UPDATE {table.sql} SET `ts_created`={moment} WHERE `idsite`={int(idsite)} AND `ts_created`>{moment}",
        )

    def _insert(self, connection: Connection, name: str, columns: Mapping[str, Any]) -> None:
        """Insert rows that are not there yet; a value that is no list is the same in each."""
        table = self._tables[name]
        count = max(len(values) for values in columns.values() if isinstance(values, list))
        cells = [
            table.cells(column, values if isinstance(values, list) else [values] * count)
            for column, values in columns.items()
        ]
        self._dialect.insert(connection, table, list(columns), cells, ignore=True)
