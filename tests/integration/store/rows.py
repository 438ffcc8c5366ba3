"""Plans and rows for the store's tests, with as much as the tables insist on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

from qtd.db.transaction import reading, writing
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.visit import Visit

NOW = 1_794_304_800
PAGE = (1, "example.org/é😀")
TITLE = (4, 'It\'s \\ a % title; "quoted"\0')


def visit(number: int = 1, **columns: Any) -> Visit:
    """A new visit of visitor and device `number`."""
    return Visit(
        {
            "idsite": 1,
            "idvisitor": number.to_bytes(8, "big"),
            "config_id": number.to_bytes(8, "little"),
            "location_ip": b"\x7f\0\0\1",
            "visit_first_action_time": NOW,
            "visit_last_action_time": NOW,
            "visit_total_time": 0,
            **columns,
        }
    )


def link(of: Visit, **columns: Any) -> LinkAction:
    """An action of a visit."""
    row = {"idvisit": of, "idsite": 1, "idvisitor": of.row["idvisitor"], "server_time": NOW, **columns}
    return LinkAction(row)


def conversion(of: Visit, **columns: Any) -> dict[str, Any]:
    """A conversion of goal 1."""
    return {
        "idvisit": of,
        "idsite": 1,
        "idvisitor": of.row["idvisitor"],
        "server_time": NOW,
        "idgoal": 1,
        "buster": 0,
        "url": "",
        **columns,
    }


def item(of: Visit, sku: Any, **columns: Any) -> dict[str, Any]:
    """An item of the visit's cart."""
    return {
        "idvisit": of,
        "idsite": 1,
        "idvisitor": of.row["idvisitor"],
        "server_time": NOW,
        "idorder": "0",
        "idaction_sku": sku,
        **{f"idaction_{name}": 0 for name in ("name", "category", *(f"category{n}" for n in range(2, 6)))},
        "price": 1.5,
        "quantity": 1,
        "deleted": 0,
        **columns,
    }


def plan(*visits: Visit) -> Plan:
    """A plan with these visits, each with one page view."""
    made = Plan(new_visits=list(visits), actions={PAGE: 2, TITLE: None})
    made.link_actions = [link(one, idaction_url=PAGE, idaction_name=TITLE) for one in visits]
    return made


def rows(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    """Read with a statement."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def run(engine: Engine, statement: str, **values: Any) -> None:
    """Change something behind the store's back."""
    with writing(engine) as connection:
        connection.execute(text(statement), values)


#: Columns of `site` that insist on a value.
_SITE_COLUMNS = (
    "name",
    "main_url",
    "timezone",
    "currency",
    "sitesearch_keyword_parameters",
    "sitesearch_category_parameters",
    "excluded_ips",
    "excluded_parameters",
    "excluded_user_agents",
    "excluded_referrers",
    "group",
    "type",
)


def add_site(engine: Engine, idsite: int, ts_created: str = "2020-01-01 00:00:00") -> None:
    """Insert a site."""
    names = ", ".join(f"`{name}`" for name in _SITE_COLUMNS)
    values = ", ".join("'UTC'" for _ in _SITE_COLUMNS)
    run(
        engine,
        f"INSERT INTO m_site (idsite, ts_created, {names}) VALUES (:idsite, :created, {values})",
        idsite=idsite,
        created=ts_created,
    )
