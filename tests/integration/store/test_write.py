from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

from qtd.db.transaction import writing
from qtd.engine.plan import Plan
from qtd.engine.visit import Visit
from qtd.store.recorder import Recorder
from tests.fake_clock import FakeClock
from tests.integration.store.rows import (
    NOW,
    PAGE,
    TITLE,
    add_site,
    conversion,
    item,
    link,
    plan,
    rows,
    run,
    visit,
)


def write(engine: Engine, recorder: Recorder, made: Plan) -> Plan:
    """Write a plan in a transaction of its own."""
    with writing(engine) as connection:
        recorder.write(connection, made, now=NOW)
    return made


def test_references_become_identifiers(engine: Engine, recorder: Recorder) -> None:
    """Actions point to their visits and names, conversions to their actions, and a visit to its last action."""
    made = plan(visit(1), visit(2))
    made.new_visits[1].row["last_idlink_va"] = made.link_actions[1]
    made.new_visits[0].row["visit_entry_idaction_url"] = PAGE
    made.conversions = [conversion(made.new_visits[1], idlink_va=made.link_actions[1], idaction_url=PAGE)]
    made.items = [item(made.new_visits[0], PAGE)]
    write(engine, recorder, made)
    names = {name: idaction for idaction, name in rows(engine, "SELECT idaction, name FROM m_log_action")}
    one, two = made.new_visits
    assert set(names) == {PAGE[1], TITLE[1]}
    assert rows(
        engine, "SELECT idvisit, last_idlink_va, visit_entry_idaction_url FROM m_log_visit ORDER BY idvisit"
    ) == [(one.idvisit, None, names[PAGE[1]]), (two.idvisit, made.link_actions[1].idlink_va, None)]
    assert rows(
        engine, "SELECT idvisit, idaction_url, idaction_name FROM m_log_link_visit_action ORDER BY idlink_va"
    ) == [
        (one.idvisit, names[PAGE[1]], names[TITLE[1]]),
        (two.idvisit, names[PAGE[1]], names[TITLE[1]]),
    ]
    assert rows(engine, "SELECT idvisit, idlink_va FROM m_log_conversion") == [
        (two.idvisit, made.link_actions[1].idlink_va)
    ]
    assert rows(engine, "SELECT idvisit, idaction_sku FROM m_log_conversion_item") == [
        (one.idvisit, names[PAGE[1]])
    ]


@pytest.mark.parametrize("step", [1, 3])
def test_identifiers_of_many_rows_are_told_apart(mariadb: Engine, step: int) -> None:
    """Each visit knows its own number, over several statements and where a cluster counts in steps."""
    with mariadb.connect() as connection:
        connection.exec_driver_sql(f"SET GLOBAL auto_increment_increment = {step}")
    mariadb.dispose()
    try:
        visits = [visit(number, user_id=f"u{number}") for number in range(1200)]
        write(mariadb, Recorder(mariadb, "m_", clock=FakeClock()), plan(*visits))
        stored = dict(rows(mariadb, "SELECT idvisit, user_id FROM m_log_visit"))
        assert stored == {one.idvisit: one.row["user_id"] for one in visits}
        assert rows(
            mariadb,
            "SELECT COUNT(*) FROM m_log_link_visit_action l JOIN m_log_visit v"
            " ON v.idvisit = l.idvisit AND v.idvisitor = l.idvisitor",
        ) == [(1200,)]
    finally:
        with mariadb.connect() as connection:
            connection.exec_driver_sql("SET GLOBAL auto_increment_increment = 1")


def test_values_arrive_as_they_are(engine: Engine, recorder: Recorder) -> None:
    """Quotes, backslashes, per cent signs, NUL, emoji and bytes of every value."""
    text = "'\"\\%s %(x)s \0\n\r\x1a;--`€😀"
    nasty = bytes(range(8))
    write(engine, recorder, plan(visit(user_id=text, config_id=nasty, location_ip=b"\xff'\\\0")))
    assert rows(engine, "SELECT user_id, config_id, location_ip FROM m_log_visit") == [
        (text, nasty, b"\xff'\\\0")
    ]


def test_rows_larger_than_a_statement(engine: Engine, recorder: Recorder) -> None:
    """A batch of very long names is cut into statements that the server takes."""
    names: dict[tuple[int, str], int | None] = {(1, f"{number}" + "😀" * 4000): None for number in range(150)}
    write(engine, recorder, Plan(actions=names))
    assert rows(engine, "SELECT COUNT(*), COUNT(DISTINCT hash) FROM m_log_action") == [(150, 150)]


def test_visits_of_the_database_are_changed(engine: Engine, recorder: Recorder) -> None:
    """Different columns of different visits, each only where it changed, with values of every kind."""
    made = write(engine, recorder, plan(*(visit(number, referer_name="r") for number in range(4))))
    visits = made.new_visits
    for one in visits:
        one.changed.clear()
    visits[0].change({"visit_total_time": 5, "user_id": "it's", "idvisitor": b"abcdefgh"})
    visits[1].change({"visit_total_time": 6, "user_id": None, "idvisitor": b"\0\0\0\0\0\0\0\0"})
    visits[2].change({"visit_last_action_time": NOW + 60, "location_latitude": "1.5"})
    run(engine, f"UPDATE m_log_visit SET referer_name = 'other' WHERE idvisit = {visits[0].idvisit}")
    changed = {one.idvisit or 0: one for one in visits[:3]}
    write(engine, recorder, Plan(changed_visits=changed))
    moment = "visit_last_action_time"
    as_text = moment if engine.dialect.name == "sqlite" else f"CAST({moment} AS CHAR)"
    latitude = "location_latitude"
    decimal = latitude if engine.dialect.name == "sqlite" else f"CAST({latitude} AS CHAR)"
    assert rows(
        engine,
        f"SELECT visit_total_time, user_id, idvisitor, {as_text}, {decimal}, referer_name"
        " FROM m_log_visit ORDER BY idvisit",
    ) == [
        (5, "it's", b"abcdefgh", "2026-11-10 10:00:00", None, "other"),
        (6, None, bytes(8), "2026-11-10 10:00:00", None, "r"),
        (0, None, (2).to_bytes(8, "big"), "2026-11-10 10:01:00", "1.500000", "r"),
        (0, None, (3).to_bytes(8, "big"), "2026-11-10 10:00:00", None, "r"),
    ]


def test_an_order_gives_its_key_back_before_a_new_cart_takes_it(engine: Engine, recorder: Recorder) -> None:
    """Changes of stored rows come before new rows."""
    made = plan(visit())
    made.conversions = [conversion(made.new_visits[0], idgoal=-1)]
    made.items = [item(made.new_visits[0], PAGE)]
    write(engine, recorder, made)
    bought = Visit(made.new_visits[0].row, made.new_visits[0].idvisit)
    ((sku,),) = rows(engine, "SELECT idaction_sku FROM m_log_conversion_item")
    key: dict[str, Any] = {"idvisit": bought.idvisit, "idgoal": -1, "buster": 0}
    item_key: dict[str, Any] = {"idvisit": bought.idvisit, "idorder": "0", "idaction_sku": sku}
    later = Plan(actions={PAGE: None})
    later.updates = [
        ("log_conversion", key, {"idgoal": 0, "buster": 7, "idorder": "A"}),
        ("log_conversion_item", item_key, {"idorder": "A"}),
    ]
    later.conversions = [conversion(bought, idgoal=-1)]
    later.items = [item(bought, PAGE)]
    write(engine, recorder, later)
    assert rows(engine, "SELECT idgoal, idorder FROM m_log_conversion ORDER BY idgoal") == [
        (-1, None),
        (0, "A"),
    ]
    assert rows(engine, "SELECT idorder FROM m_log_conversion_item ORDER BY idorder") == [("0",), ("A",)]


def test_an_order_that_another_queue_was_faster_with_is_left_out(engine: Engine, recorder: Recorder) -> None:
    """The key of site and order number decides, in any case, and the batch goes on."""
    for number, order in enumerate(("Order-1", "oRDER-1")):
        made = plan(visit(number))
        made.conversions = [conversion(made.new_visits[0], idorder=order, idgoal=0)]
        write(engine, recorder, made)
    assert rows(engine, "SELECT idorder FROM m_log_conversion") == [("Order-1",)]
    assert rows(engine, "SELECT COUNT(*) FROM m_log_visit") == [(2,)]


def test_reports_are_remembered_once(engine: Engine, recorder: Recorder) -> None:
    """A day that is remembered already is not again; one that Matomo has archived meanwhile is."""
    days = Plan(reports={(1, "2026-11-10"), (11, "2026-11-10")})
    write(engine, recorder, days)
    write(engine, recorder, days)
    names = sorted(name.split("_", 1)[1] for (name,) in rows(engine, "SELECT option_name FROM m_option"))
    assert [name.rsplit("_", 1)[0] for name in names] == [
        "report_to_invalidate_11_2026-11-10",
        "report_to_invalidate_1_2026-11-10",
    ]
    run(engine, "DELETE FROM m_option")
    write(engine, recorder, days)
    assert rows(engine, "SELECT COUNT(*) FROM m_option") == [(2,)]


def test_failures_are_recorded_once(engine: Engine, recorder: Recorder) -> None:
    """The first request of each site and kind of failure is kept."""
    write(engine, recorder, Plan(failures={(9, 1): "a=1"}))
    write(engine, recorder, Plan(failures={(9, 1): "a=2", (9, 2): "a=3"}))
    assert rows(engine, "SELECT idfailure, request_url FROM m_tracking_failure ORDER BY idfailure") == [
        (1, "a=1"),
        (2, "a=3"),
    ]


def test_a_site_becomes_older_never_younger(engine: Engine, recorder: Recorder) -> None:
    """`ts_created` only ever moves back."""
    add_site(engine, 1)
    for created in ("2019-05-05 00:00:00", "2019-06-06 00:00:00"):
        write(engine, recorder, Plan(site_created={1: created}))
    ((found,),) = rows(engine, "SELECT ts_created FROM m_site")
    assert str(found) == "2019-05-05 00:00:00"


def test_a_batch_takes_a_few_dozen_statements(engine: Engine, recorder: Recorder) -> None:
    """500 page views of 200 visitors, half of them known: statements do not grow with the rows."""
    known = write(engine, recorder, plan(*(visit(number) for number in range(100)))).new_visits
    new = [visit(number) for number in range(100, 200)]
    made = plan(*new)
    made.link_actions += [link(one, idaction_url=PAGE) for one in known for _ in range(4)]
    for one in known:
        one.changed.clear()
        one.change({"visit_total_time": 9})
    made.changed_visits = {one.idvisit or 0: one for one in known}
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    write(engine, recorder, made)
    assert len(made.link_actions) == 500
    assert len(statements) <= 12
