"""A database for scenarios: tables made once, emptied and filled with the world before each scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from qtd.db.transaction import reading, writing
from qtd.errors import ConfigurationError
from qtd.parity.scenario import Scenario, World
from qtd.store.columns import LOGS, StoredTable, read_tables
from qtd.store.create import create_tables
from qtd.store.dialect import Dialect
from qtd.store.recorder import dialect_of
from qtd.store.settings.load import Configured

#: What a scenario may say, besides options.
_CONFIGURED = (
    "site",
    "site_url",
    "site_setting",
    "goal",
    "custom_dimensions",
    "user",
    "user_token_auth",
    "access",
)

#: Marks a database that scenarios may empty.
_MARK = "qtd_parity"

#: Columns that the recording leaves out because Matomo's own rows are of no interest.
_FILLED: Mapping[str, Any] = {
    "ts_password_modified": None,
    "description": "",
    "date_created": "2024-01-01 00:00:00",
}


class WorldDatabase:
    """Puts the world into a database that is empty, or was used for scenarios before."""

    def __init__(self, engine: Engine, world: World, prefix: str = "") -> None:
        _claim(engine, prefix)
        create_tables(engine, prefix)
        self._engine = engine
        self._world = world
        self.dialect: Dialect = dialect_of(engine)
        with reading(engine) as connection:
            self.tables: dict[str, StoredTable] = read_tables(
                connection, prefix, names=(*LOGS, *_CONFIGURED, "option")
            )
        with writing(engine) as connection:
            for name in (*_CONFIGURED, "option"):
                self._fill(connection, name, world.tables.get(name, []))
        self._other_than_world: set[str] = set()

    def begin(self, scenario: Scenario) -> Configured:
        """Empty what was tracked, and put the scenario's configuration over the world's."""
        replaced = {name: rows for name, rows in scenario.tables.items() if name != "option"}
        if scenario.site_settings:
            replaced["site_setting"] = scenario.site_settings
        with writing(self._engine) as connection:
            for name in LOGS:
                self._empty(connection, name)
            for name in {*self._other_than_world, *replaced, "site"}:
                self._fill(connection, name, replaced.get(name, self._world.tables.get(name, [])))
            self._begin_options(connection, scenario)
        self._other_than_world = set(replaced)
        return _configured(self._world.salt, scenario.config)

    def _begin_options(self, connection: Connection, scenario: Scenario) -> None:
        """Bring the options to what the world and the scenario say, whatever an earlier scenario left behind.

        Only what differs is written: the world has hundreds of salts, which hardly any scenario changes.
        """
        table = self.tables["option"].sql
        rows = scenario.tables.get("option", self._world.tables.get("option", []))
        wanted = {str(row["option_name"]): str(row["option_value"]) for row in rows}
        wanted |= {name: str(value) for name, value in scenario.options.items()}
        there = dict(self.dialect.run(connection, f"SELECT `option_name`, `option_value` FROM {table}"))
        others = [{"name": name} for name, value in there.items() if wanted.get(name) != value]
        if others:
            connection.execute(text(f"DELETE FROM {table} WHERE `option_name` = :name"), others)
        self._insert(
            connection,
            "option",
            [
                {"option_name": name, "option_value": value, "autoload": 0}
                for name, value in wanted.items()
                if there.get(name) != value
            ],
        )

    def _fill(self, connection: Connection, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self._empty(connection, name)
        self._insert(connection, name, list(rows))

    def _empty(self, connection: Connection, name: str) -> None:
        self.dialect.run(connection, f"DELETE FROM {self.tables[name].sql}")

    def _insert(self, connection: Connection, name: str, rows: list[Mapping[str, Any]]) -> None:
        if not rows:
            return
        table = self.tables[name]
        names = [
            column
            for column in table.columns
            if any(column in row for row in rows)
            or (column in _FILLED and not table.columns[column].nullable)
        ]
        columns = [
            table.cells(column, [row.get(column, _FILLED.get(column)) for row in rows]) for column in names
        ]
        self.dialect.insert(connection, table, names, columns)


def _claim(engine: Engine, prefix: str) -> None:
    """Mark the database as one for scenarios, so that nobody's visits are ever deleted.

    Raises:
        ConfigurationError: it has visits or sites, and no mark.
    """
    with writing(engine) as connection:
        names = set(inspect(connection).get_table_names())
        if _MARK in names:
            return
        for name in (f"{prefix}log_visit", f"{prefix}site"):
            if name in names and connection.exec_driver_sql(f"SELECT 1 FROM `{name}` LIMIT 1").first():
                raise ConfigurationError(
                    f"the database holds rows in {name}: parity runs empty it, so give one that is empty"
                )
        connection.exec_driver_sql(f"CREATE TABLE `{_MARK}` (made_by_parity INTEGER)")


def _configured(salt: str, config: Mapping[str, Mapping[str, Any]]) -> Configured:
    """The scenario's INI values as a file would give them."""

    def texts(section: str) -> dict[str, Any]:
        values = config.get(section, {})
        return {
            key: tuple(str(part) for part in value) if isinstance(value, list) else str(value)
            for key, value in values.items()
        }

    sites = {
        int(section.removeprefix("Tracker_")): texts(section)
        for section in config
        if section.startswith("Tracker_")
    }
    general = texts("General")
    return Configured(
        salt=general.pop("salt", salt), tracker=texts("Tracker"), general=general, site_tracker=sites
    )
