from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from qtd.db.engine import open_engine
from qtd.store.salts import StoredSalts
from tests.fake_clock import FakeClock
from tests.integration.store.rows import rows, run

NAME = "fingerprint_salt_1_2026-11-10"


def salts(engine: Engine) -> StoredSalts:
    """The salts as one worker has them."""
    return StoredSalts(engine, "m_", clock=FakeClock())


def test_a_missing_salt_is_made_and_shared(engine: Engine) -> None:
    """As Matomo keeps it: an option with value and time."""
    made = salts(engine).salt(1, "2026-11-10")
    assert len(made) == 32
    assert salts(engine).salt(1, "2026-11-10") == made
    assert salts(engine).salt(1, "2026-11-11") != made
    assert rows(engine, f"SELECT option_value FROM m_option WHERE option_name = '{NAME}'") == [
        (f'{{"value":"{made}","time":1795277828}}',)
    ]


def test_matomos_salt_is_taken(engine: Engine) -> None:
    """What PHP made counts for us."""
    run(
        engine,
        f"INSERT INTO m_option (option_name, option_value) VALUES ('{NAME}', '{{\"value\": \"php\"}}')",
    )
    assert salts(engine).salt(1, "2026-11-10") == "php"


@pytest.mark.parametrize("spoilt", ["", "no json", "[]", '{"value": ""}', '{"value": 1}'])
def test_a_spoilt_salt_is_replaced(engine: Engine, spoilt: str) -> None:
    """Matomo makes a new one as well, where the option holds none."""
    run(engine, f"INSERT INTO m_option (option_name, option_value) VALUES ('{NAME}', :value)", value=spoilt)
    made = salts(engine).salt(1, "2026-11-10")
    assert len(made) == 32
    assert salts(engine).salt(1, "2026-11-10") == made


def test_workers_that_need_it_at_once_have_the_same(engine: Engine) -> None:
    """Whoever is first makes it, the others take it."""
    engines = [open_engine(str(engine.url)) for _ in range(6)]
    with ThreadPoolExecutor(len(engines)) as threads:
        made = list(threads.map(lambda one: salts(one).salt(7, "2026-11-10"), engines))
    assert len(set(made)) == 1
    assert salts(engine).salt(7, "2026-11-10") == made[0]
    for one in engines:
        one.dispose()


def test_a_known_salt_needs_no_database(engine: Engine) -> None:
    """It is asked for with every hit."""
    one = salts(engine)
    made = one.salt(1, "2026-11-10")
    run(engine, "DELETE FROM m_option")
    assert one.salt(1, "2026-11-10") == made
    one.forget()
    assert one.salt(1, "2026-11-10") != made
