"""Real databases with something wrong, as the doctor finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.doctor.check import Check
from qtd.doctor.database_rights import NEEDED
from qtd.doctor.examine import examine
from qtd.queue.sql import SqlQueues
from qtd.store.create import create_tables
from qtd.worker.assemble import native_recorder, open_database
from tests.integration.store.rows import run as execute
from tests.integration.worker.ground import entry
from tests.servers.mariadb import MariaDbServer, running_mariadb
from tests.unit.doctor.facts import found, trouble, verdicts

pytestmark = pytest.mark.timeout(240)

SITES = [{"idsite": 1, "name": "a", "main_url": "http://example.org"}]
#: As the tests' server is set, to be fast.
FAST = {"database.durability": "warning"}


def configured(folder: Path, url: str, **values: Any) -> Config:
    """Queues and rows in one database."""
    return Config.model_validate(
        {
            "state_directory": str(folder),
            "database": {"url": url},
            "queue": {"backend": "sql", "count": 2},
            "sites": SITES,
            **values,
        }
    )


def examined(config: Config) -> list[Check]:
    """What is found of queues and database."""
    checks = list(examine(config, SystemClock()))
    return [check for check in checks if not check.name.startswith(("files.", "configuration"))]


def test_from_an_empty_database_to_one_in_use(tmp_path: Path, database_url: str) -> None:
    """Nothing yet is as well as everything; looking makes neither file nor table; what waits is counted."""
    fast = FAST if database_url.startswith("mysql") else {}
    config = configured(tmp_path, database_url)
    file = make_url(database_url).database or ""
    assert trouble(examined(config)) == fast
    assert not Path(file).exists()
    engine = open_engine(database_url)
    create_tables(engine)
    queues = SqlQueues(engine, count=9)
    queues.push([(0, b"waits"), (1, b"waits")])
    well = examined(config)
    assert trouble(well) == fast
    assert found(well, "queues.waiting") == "2 queues, 2 entries wait, 0 locked"
    assert queues.lengths() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert found(well, "database.sites") == "1 site"
    queues.push([(8, b"nobody reads me")])
    execute(engine, "DROP TABLE qtd_counter")
    lost = examined(config.model_copy(update={"sites": ()}))
    assert trouble(lost) == {
        "queues.waiting": "warning",
        "database.tables": "warning",
        "database.sites": "warning",
        **fast,
    }
    queues.close()


def test_tables_that_somebody_spoilt(tmp_path: Path, mariadb_url: str) -> None:
    """A missing index, one that is too short, MyISAM, a column that wants a value, a lost table, another prefix."""
    config = configured(tmp_path, mariadb_url)
    engine = open_engine(mariadb_url)
    create_tables(engine)
    execute(engine, "ALTER TABLE log_visit DROP INDEX index_idsite_idvisitor_time")
    execute(engine, "ALTER TABLE log_visit ADD INDEX old (idsite, idvisitor)")
    short = examined(config)
    assert trouble(short) == {"database.indexes": "warning", **FAST}
    advice = next(check.advice for check in short if check.name == "database.indexes")
    assert advice == "ALTER TABLE log_visit ADD INDEX (idsite, idvisitor, visit_last_action_time)"
    execute(engine, advice)
    assert trouble(examined(config)) == FAST

    execute(engine, "ALTER TABLE log_visit DROP INDEX index_idsite_config_datetime")
    execute(engine, "ALTER TABLE log_conversion DROP INDEX unique_idsite_idorder")
    execute(engine, "ALTER TABLE log_action ENGINE=MyISAM")
    execute(engine, "ALTER TABLE log_visit ADD COLUMN shoe_size INT NOT NULL")
    spoilt = examined(config)
    assert trouble(spoilt) == {
        "database.indexes": "error",
        "database.innodb": "error",
        "database.columns": "error",
        **FAST,
    }
    assert "log_visit (idsite, config_id, visit_last_action_time)" in found(spoilt, "database.indexes")
    assert "log_conversion (idsite, idorder)" in found(spoilt, "database.indexes")
    assert "log_action (MyISAM)" in found(spoilt, "database.innodb")
    assert "log_visit.shoe_size" in found(spoilt, "database.columns")

    execute(engine, "DROP TABLE log_conversion_item")
    assert trouble(examined(config))["database.tables"] == "error"
    other = configured(tmp_path, mariadb_url, database={"url": mariadb_url, "tables_prefix": "matomo_"})
    assert trouble(examined(other))["database.tables"] == "error"
    engine.dispose()


@pytest.fixture
def account(mariadb_server: MariaDbServer, mariadb_url: str) -> Iterator[str]:
    """Give the URL of an account without rights on the tables of a database that is complete."""
    engine = open_engine(mariadb_url)
    create_tables(engine)
    SqlQueues(engine, count=2).ping()
    engine.dispose()
    schema = make_url(mariadb_url).database
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER few@'%' IDENTIFIED BY 'hunter2'")
        cursor.execute(f"GRANT USAGE ON {schema}.* TO few@'%'")
        cursor.execute(f"GRANT CREATE ON {schema}.qtd_test TO few@'%'")
        yield mariadb_url.replace("root@", "few:hunter2@")
        cursor.execute("DROP USER few@'%'")


def test_just_the_rights_that_are_asked_for_will_do(
    tmp_path: Path, mariadb_server: MariaDbServer, mariadb_url: str, account: str
) -> None:
    """With them a batch is queued and recorded; each that is taken away is named. A wrong password is not shown."""
    schema = make_url(mariadb_url).database
    config = configured(tmp_path, account)
    with mariadb_server.connect(schema) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        for table, rights in [(table, NEEDED[table]) for (table,) in cursor.fetchall() if table in NEEDED]:
            cursor.execute(f"GRANT {rights.replace(' ', ', ')} ON {schema}.{table} TO few@'%'")
        assert trouble(examined(config)) == FAST
        engine = open_database(config)
        recorder = native_recorder(config, engine, SystemClock())
        queues = SqlQueues(engine, count=2)
        queues.push([(0, entry(number)) for number in range(3)])
        lock = queues.acquire(0, 60)
        assert lock is not None
        fence = recorder.fence(0)
        result = recorder.record(0, stored := queues.read(0, 10), fence=fence)
        assert (result.recorded, result.dead) == (3, 0)
        queues.trim(lock, stored)
        assert queues.release(lock)
        engine.dispose()

        cursor.execute(f"REVOKE CREATE ON {schema}.qtd_test FROM few@'%'")
        assert trouble(examined(config)) == {"database.rights": "warning", **FAST}
        cursor.execute(f"REVOKE UPDATE ON {schema}.log_visit FROM few@'%'")
        cursor.execute(f"REVOKE DELETE ON {schema}.qtd_ledger_batch FROM few@'%'")
        few = examined(config)
        assert trouble(few) == {"database.rights": "error", **FAST}
        assert found(few, "database.rights") == "no UPDATE on log_visit; no DELETE on qtd_ledger_batch"
        assert "hunter2" not in str(few)
    wrong = examined(configured(tmp_path, account.replace("hunter2", "letmein")))
    assert trouble(wrong) == {"queues.operations": "error", "database.connection": "error"}
    assert "letmein" not in str(wrong)


def test_a_server_set_otherwise(tmp_path: Path) -> None:
    """Everything that tracking relies on and that a server can be set to: each is found by its name."""
    options = (
        *("--log-bin", "--server-id=1", "--binlog-format=STATEMENT", "--transaction-isolation=SERIALIZABLE"),
        *("--max-allowed-packet=512K", "--innodb-rollback-on-timeout=ON", "--sql-mode="),
    )
    with running_mariadb(*options) as server:
        url = server.url(server.create_schema())
        checks = examined(configured(tmp_path, url))
        assert trouble(checks) == {
            "database.isolation": "error",
            "database.durability": "warning",
            "database.max_allowed_packet": "error",
        }
        assert "innodb_rollback_on_timeout is ON" in found(checks, "database.rollback_on_timeout")
        assert "not strict" in found(checks, "database.sql_mode")
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL binlog_format = ROW")
        assert "SERIALIZABLE for everybody else" in found(
            examined(configured(tmp_path, url)), "database.isolation"
        )
        server.freeze()
        patient = {
            "url": url,
            "connect_timeout_seconds": 1,
            "command_timeout_seconds": 2,
            "lock_timeout_seconds": 1,
        }
        assert trouble(examined(configured(tmp_path, url, database=patient))) == {
            "queues.operations": "error",
            "database.connection": "error",
        }
        server.thaw()


def test_a_database_of_their_own_for_the_queues(tmp_path: Path, mariadb_url: str) -> None:
    """Is looked at as well as the rows', under a name of its own; one that is away does not hide the other."""
    queue = {"backend": "sql", "count": 2, "database": {"url": mariadb_url}}
    rows = f"sqlite:///{tmp_path / 'rows.sqlite3'}"
    both = verdicts(examined(configured(tmp_path, rows, queue=queue)))
    assert both["queue_database.isolation"] == "ok"
    assert both["database.connection"] == "ok"
    queue["database"] = {"url": "mysql+pymysql://nobody@127.0.0.1:1/none"}
    assert trouble(examined(configured(tmp_path, rows, queue=queue))) == {
        "queue_database.connection": "error"
    }


def test_an_sqlite_file(tmp_path: Path) -> None:
    """Something else under its name, somebody who does not stop writing, a folder that can not be made."""
    url = f"sqlite:///{tmp_path / 'rows.sqlite3'}"
    engine = open_engine(url)
    create_tables(engine)
    impatient = {"url": url, "lock_timeout_seconds": 1}
    with engine.begin():
        busy = examined(configured(tmp_path, url, database=impatient, queue={"backend": "memory"}))
    assert trouble(busy) == {"database.writable": "warning", "queues.backend": "warning"}
    engine.dispose()
    (tmp_path / "text.sqlite3").write_text("this is no database, however long it is" * 100)
    other = configured(tmp_path, f"sqlite:///{tmp_path / 'text.sqlite3'}")
    assert trouble(examined(other))["database.connection"] == "error"
    nowhere = configured(tmp_path, f"sqlite:///{tmp_path}/text.sqlite3/folder/rows.sqlite3")
    assert "can not be written to" in found(examined(nowhere), "database.connection")
