"""A database is made ready at start."""

from __future__ import annotations

from threading import Thread

from sqlalchemy import inspect, text

from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.queue.sql import SqlQueues
from qtd.store.create import status
from qtd.store.prepare import prepare
from tests.servers.mariadb import MariaDbServer
from tests.servers.waiting import until


def test_an_empty_database_gets_all_tables(database_url: str) -> None:
    """Once; also where the queues' tables were first."""
    engine = open_engine(database_url)
    SqlQueues(engine, count=1, prefix="m_").ping()
    made = prepare(engine, "m_")
    assert made >= 20
    assert status(engine, "m_").complete
    assert prepare(engine, "m_") == 0
    engine.dispose()


def test_nothing_of_matomo_is_made_beside_other_tables(database_url: str) -> None:
    """A wrong prefix must show: ours are made, but no second set of Matomo's."""
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE matomo_site (idsite INTEGER PRIMARY KEY)"))
    prepare(engine, "piwik_")
    found = status(engine, "piwik_")
    assert found.missing_own_tables == ()
    assert "piwik_site" in found.missing_matomo_tables
    assert "piwik_site" not in inspect(engine).get_table_names()
    engine.dispose()


def test_who_comes_while_tables_are_made_waits(mariadb_server: MariaDbServer, mariadb_url: str) -> None:
    """A worker that starts beside another one does not take half of the tables for a wrong database."""
    engine = open_engine(mariadb_url)
    schema = mariadb_url.rpartition("/")[2]
    with mariadb_server.connect(schema) as maker, maker.cursor() as making:
        making.execute("SELECT GET_LOCK('qtd.schema', 0)")
        making.execute("CREATE TABLE site (idsite INTEGER PRIMARY KEY)")
        second = Thread(target=prepare, args=(engine,))
        second.start()

        def waits() -> bool:
            with mariadb_server.connect() as looking, looking.cursor() as cursor:
                cursor.execute("SELECT state FROM information_schema.processlist WHERE db = %s", (schema,))
                return ("User lock",) in cursor.fetchall()

        until(waits, "the second one waits for the first")
        assert status(engine).missing_own_tables != ()
        making.execute("SELECT RELEASE_LOCK('qtd.schema')")
        second.join(60)
        assert not second.is_alive()
    assert status(engine).missing_own_tables == ()
    engine.dispose()
