"""Users, their tokens and what they may do.

As of Matomo 5.0: names, types, order and indexes are those of its own tables.
"""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from qtd.store.schema.define import column, counted, index, table, unique


def user(metadata: MetaData, prefix: str) -> Table:
    """`user`."""
    return table(
        f"{prefix}user",
        metadata,
        column("login", "varchar(100)", primary_key=True),
        column("password", "varchar(255)"),
        column("email", "varchar(100)"),
        column("twofactor_secret", "varchar(40)", default=""),
        column("superuser_access", "tinyint(2) unsigned", default="0"),
        column("date_registered", "timestamp", null=True),
        column("ts_password_modified", "timestamp", null=True),
        column("idchange_last_viewed", "int(10) unsigned", null=True),
        column("invited_by", "varchar(100)", null=True),
        column("invite_token", "varchar(191)", null=True),
        column("invite_link_token", "varchar(191)", null=True),
        column("invite_expired_at", "timestamp", null=True),
        column("invite_accept_at", "timestamp", null=True),
        column("ts_changes_shown", "timestamp", null=True),
        unique("uniq_email", "email"),
    )


def user_token_auth(metadata: MetaData, prefix: str) -> Table:
    """`user_token_auth`."""
    return table(
        f"{prefix}user_token_auth",
        metadata,
        counted("idusertokenauth", "bigint(20) unsigned"),
        column("login", "varchar(100)"),
        column("description", "varchar(100)"),
        column("password", "varchar(191)"),
        column("hash_algo", "varchar(30)"),
        column("system_token", "tinyint(1)", default="0"),
        column("last_used", "datetime", null=True),
        column("date_created", "datetime"),
        column("date_expired", "datetime", null=True),
        column("secure_only", "tinyint(2) unsigned", default="0"),
        unique("uniq_password", "password"),
    )


def access(metadata: MetaData, prefix: str) -> Table:
    """`access`."""
    return table(
        f"{prefix}access",
        metadata,
        counted("idaccess", "int(10) unsigned"),
        column("login", "varchar(100)"),
        column("idsite", "int(10) unsigned"),
        column("access", "varchar(50)", null=True),
        index("index_loginidsite", "login", "idsite"),
    )
