from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from qtd.clock import SystemClock
from qtd.db.transaction import reading, writing
from qtd.engine.lookup import Known, Lookup
from qtd.engine.plan import Plan
from qtd.engine.visit import Visit
from qtd.store.lookup import look_up
from qtd.store.recorder import Recorder, dialect_of
from tests.integration.store.rows import NOW, PAGE, TITLE, conversion, item, plan, run, visit

HOUR = 3600


def id_of(number: int) -> bytes:
    """The visitor identifier of `visit(number)`."""
    return number.to_bytes(8, "big")


def config_of(number: int) -> bytes:
    """The fingerprint of `visit(number)`."""
    return number.to_bytes(8, "little")


def write(engine: Engine, recorder: Recorder, made: Plan) -> list[Visit]:
    """Write a plan; returns its visits."""
    with writing(engine) as connection:
        recorder.write(connection, made, now=NOW)
    return made.new_visits


def ask(
    engine: Engine,
    recorder: Recorder,
    *,
    visitors: tuple[int, ...] = (),
    configs: tuple[int, ...] = (),
    site: int = 1,
    since: int = NOW - HOUR,
    until_first: int = NOW + HOUR,
    until_last: int = NOW + 2 * HOUR,
    **more: Any,
) -> Known:
    """Look up one site's visits."""
    lookup = Lookup(**more)
    asked = lookup.visits[site]
    asked.visitors = {id_of(number) for number in visitors}
    asked.configs = {config_of(number) for number in configs}
    asked.since, asked.until_first, asked.until_last = since, until_first, until_last
    with reading(engine) as connection:
        return look_up(connection, recorder.tables, dialect_of(engine), lookup)


def found(known: Known, number: int, until: int = NOW + 2 * HOUR) -> int | None:
    """The number of the visit that is found for a visitor."""
    visit_found = known.visits.by_visitor(1, id_of(number), until=until)
    return None if visit_found is None else visit_found.idvisit


def test_a_visitors_newest_visit_is_found_however_old(engine: Engine, recorder: Recorder) -> None:
    """Of several the newest, without a limit backwards; of two in the same second the earlier row."""
    old, *same = write(
        engine,
        recorder,
        plan(visit(1, visit_last_action_time=NOW - 10**8), *(visit(1) for _ in range(2))),
    )
    only = write(engine, recorder, plan(visit(2, visit_last_action_time=NOW - 10**8)))[0]
    known = ask(engine, recorder, visitors=(1, 2, 3))
    assert found(known, 1) == same[0].idvisit != old.idvisit
    assert found(known, 2) == only.idvisit
    assert found(known, 3) is None


def test_visits_between_the_batchs_first_and_last_request_are_all_found(
    engine: Engine, recorder: Recorder
) -> None:
    """An early request of the batch must not see the visit that a late one continues, and each finds its own."""
    times = (NOW - HOUR, NOW, NOW + 10, NOW + 20, NOW + 9999)
    stored = write(engine, recorder, plan(*(visit(1, visit_last_action_time=time) for time in times)))
    known = ask(engine, recorder, visitors=(1,), until_first=NOW, until_last=NOW + 20)
    answers = [found(known, 1, until=time) for time in (NOW - 1, NOW, NOW + 10, NOW + 15, NOW + 10**6)]
    # What lies before the newest visit until `until_first` is not needed, nor what lies behind `until_last`.
    assert answers == [None, stored[1].idvisit, stored[2].idvisit, stored[2].idvisit, stored[3].idvisit]


def test_devices_are_found_within_their_window(engine: Engine, recorder: Recorder) -> None:
    """All visits of a fingerprint between `since` and `until_last`, both included; other sites' are not."""
    times = (NOW - HOUR - 1, NOW - HOUR, NOW + 2 * HOUR, NOW + 2 * HOUR + 1)
    stored = write(engine, recorder, plan(*(visit(1, visit_last_action_time=time) for time in times)))
    write(engine, recorder, plan(visit(1, idsite=2)))
    known = ask(engine, recorder, configs=(1,))

    def by_config(since: int, until: int) -> int | None:
        one = known.visits.by_config(1, config_of(1), since=since, until=until)
        return None if one is None else one.idvisit

    assert by_config(0, NOW) == stored[1].idvisit
    assert by_config(0, 2**40) == stored[2].idvisit
    assert by_config(NOW - HOUR + 1, NOW) is None


def test_rows_come_with_the_types_that_rules_need(engine: Engine, recorder: Recorder) -> None:
    """Unix seconds, bytes, whole numbers, and decimals as text."""
    made = plan(
        visit(1, user_id="ü", location_latitude="52.5", visit_total_actions=3, custom_dimension_1="x")
    )
    made.new_visits[0].row["visit_exit_idaction_url"] = PAGE
    write(engine, recorder, made)
    row = ask(engine, recorder, visitors=(1,), conversions=True).visits.by_visitor(1, id_of(1), until=2**40)
    assert row is not None
    picked = ("idvisitor", "config_id", "visit_last_action_time", "visit_first_action_time", "user_id")
    assert [row.row[name] for name in picked] == [id_of(1), config_of(1), NOW, NOW, "ü"]
    assert row.row["location_latitude"] == "52.500000"
    assert row.row["custom_dimension_1"] == "x"
    assert row.row["visit_total_actions"] == 3
    assert isinstance(row.row["visit_exit_idaction_url"], int)
    assert row.changed == set()


def test_columns_of_conversions_come_only_where_they_are_needed(engine: Engine, recorder: Recorder) -> None:
    """Half of a row's cost is in its width."""
    write(engine, recorder, plan(visit(1)))
    wide = ask(engine, recorder, visitors=(1,), conversions=True).visits.by_visitor(1, id_of(1), until=2**40)
    slim = ask(engine, recorder, visitors=(1,)).visits.by_visitor(1, id_of(1), until=2**40)
    assert wide is not None
    assert slim is not None
    assert "config_browser_name" in wide.row
    assert "config_browser_name" not in slim.row


def test_conversions_items_and_orders(engine: Engine, recorder: Recorder) -> None:
    """Of the visits found: keys of their conversions, their items with the name of the product; and known orders."""
    made = plan(visit(1), visit(2))
    made.conversions = [
        conversion(made.new_visits[0]),
        conversion(made.new_visits[1], idgoal=0, buster=9, idorder="Größe 1"),
    ]
    made.items = [item(made.new_visits[0], PAGE, price=2.5), item(made.new_visits[0], 0)]
    one, _ = write(engine, recorder, made)
    orders = {(1, "Größe 1"), (1, "none"), (2, "Größe 1")}
    known = ask(engine, recorder, visitors=(1,), conversions=True, items=True, orders=orders)
    assert known.conversions == {(one.idvisit, 1, 0)}
    assert known.orders == {(1, "Größe 1")}
    found_items = known.items[one.idvisit or 0]
    assert sorted((found["sku"] or "", found["price"], found["idorder"]) for found in found_items) == [
        ("", 1.5, "0"),
        (PAGE[1], 2.5, "0"),
    ]


def test_an_order_is_known_in_any_case(engine: Engine, recorder: Recorder) -> None:
    """The database's key takes upper and lower case for the same, so the look-up must."""
    made = plan(visit(1))
    made.conversions = [conversion(made.new_visits[0], idorder="Order-1")]
    write(engine, recorder, made)
    assert ask(engine, recorder, orders={(1, "ORDER-1")}).orders == {(1, "ORDER-1")}


def test_page_views_prefer_the_first_with_an_address(engine: Engine, recorder: Recorder) -> None:
    """Times that are sent later belong to the first row with a page's address, else with a page's title."""
    made = plan(visit(1), visit(2))
    first, second = made.link_actions
    for action in made.link_actions:
        action.row["idpageview"] = "abcdef"
    second.row["idaction_url"] = 0
    one, two = write(engine, recorder, made)
    known = ask(engine, recorder, visitors=(1, 2), page_views={"abcdef", "other1"})
    assert known.page_views == {
        (one.idvisit, "abcdef"): first.idlink_va,
        (two.idvisit, "abcdef"): second.idlink_va,
    }
    assert TITLE[0] == 4


def test_many_sites_in_one_batch(engine: Engine, recorder: Recorder) -> None:
    """More sites than fit into one statement."""
    write(engine, recorder, plan(*(visit(1, idsite=site) for site in range(1, 131))))
    lookup = Lookup()
    for site in range(1, 131):
        asked = lookup.visits[site]
        asked.visitors, asked.configs = {id_of(1)}, {config_of(1)}
        asked.since, asked.until_first, asked.until_last = NOW - 1, NOW, NOW + 1
    with reading(engine) as connection:
        known = look_up(connection, recorder.tables, dialect_of(engine), lookup)
    assert all(known.visits.by_visitor(site, id_of(1), until=NOW) for site in range(1, 131))


def test_nothing_asked_asks_nothing(engine: Engine, recorder: Recorder) -> None:
    """A batch without a visit needs no visit."""
    assert ask(engine, recorder).conversions == set()


@pytest.mark.timeout(120)
def test_look_ups_use_the_indexes(mariadb: Engine) -> None:
    """In a large table neither the newest visits nor the devices are searched by reading it all."""
    run(
        mariadb,
        "INSERT INTO m_log_visit (idsite, idvisitor, config_id, location_ip, visit_first_action_time,"
        " visit_last_action_time, visit_total_time)"
        " SELECT 1, UNHEX(LPAD(HEX(seq), 16, '0')), UNHEX(LPAD(HEX(seq), 16, '0')), '', '2026-11-10', "
        " TIMESTAMPADD(SECOND, seq, '2026-11-01'), 0 FROM seq_1_to_20000",
    )
    run(mariadb, "ANALYZE TABLE m_log_visit")
    recorder = Recorder(mariadb, "m_", clock=SystemClock())
    lookup = Lookup()
    asked = lookup.visits[1]
    asked.visitors = {number.to_bytes(8, "big") for number in range(1, 20000, 100)}
    asked.configs = asked.visitors
    asked.since, asked.until_first, asked.until_last = NOW - 10**7, NOW, NOW + HOUR
    dialect = dialect_of(mariadb)
    with reading(mariadb) as connection:
        examined = "SHOW SESSION STATUS WHERE Variable_name IN ('Handler_read_next','Handler_read_rnd_next')"
        before = dict(dialect.run(connection, examined))
        known = look_up(connection, recorder.tables, dialect, lookup)
        after = dict(dialect.run(connection, examined))
    assert known.visits.by_visitor(1, (101).to_bytes(8, "big"), until=NOW)
    assert sum(int(after[name]) - int(before[name]) for name in before) < 4000
