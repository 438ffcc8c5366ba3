"""The random salt of anonymized user ids, shared with PHP through the option table.

Source: Matomo's PrivacyManager plugin: option `useridsalt`, made by whoever needs it first and kept for ever, so that a
user stays the same pseudonym.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy import Engine, text

from qtd.db.transaction import reading, writing

OPTION = "useridsalt"


def random_salt() -> str:
    """40 random characters."""
    return secrets.token_hex(20)


def user_id_salt(engine: Engine, prefix: str = "", *, new_salt: Callable[[], str] = random_salt) -> str:
    """The salt, made and stored where there is none yet. Raises what `qtd.db.transaction` raises."""
    table = f"`{prefix}option`"
    select = text(f"SELECT option_value FROM {table} WHERE option_name = :name")
    with reading(engine) as connection:
        stored = connection.scalar(select, {"name": OPTION})
    if stored:
        return str(stored)
    ignore = "INSERT OR IGNORE" if engine.dialect.name == "sqlite" else "INSERT IGNORE"
    made = new_salt()
    with writing(engine) as connection:
        connection.execute(
            text(f"{ignore} INTO {table} (option_name, option_value, autoload) VALUES (:name, :value, 1)"),
            {"name": OPTION, "value": made},
        )
        connection.execute(
            text(f"UPDATE {table} SET option_value = :value WHERE option_name = :name AND option_value = ''"),
            {"name": OPTION, "value": made},
        )
    # Somebody else may have been faster, and then it is his.
    with reading(engine) as connection:
        return str(connection.scalar(select, {"name": OPTION}) or made)
