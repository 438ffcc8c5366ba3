"""Options, plugin settings and tracking failures.

As of Matomo 5.0: names, types, order and indexes are those of its own tables.
"""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from qtd.store.schema.define import column, counted, index, table


def option(metadata: MetaData, prefix: str) -> Table:
    """`option`."""
    return table(
        f"{prefix}option",
        metadata,
        column("option_name", "varchar(191)", primary_key=True),
        column("option_value", "longtext"),
        column("autoload", "tinyint(4)", default="1"),
        index("autoload", "autoload"),
    )


def plugin_setting(metadata: MetaData, prefix: str) -> Table:
    """`plugin_setting`."""
    return table(
        f"{prefix}plugin_setting",
        metadata,
        column("plugin_name", "varchar(60)"),
        column("setting_name", "varchar(255)"),
        column("setting_value", "longtext"),
        column("json_encoded", "tinyint(3) unsigned", default="0"),
        column("user_login", "varchar(100)", default=""),
        counted("idplugin_setting", "bigint(20) unsigned"),
        index("plugin_name", "plugin_name", "user_login"),
    )


def tracking_failure(metadata: MetaData, prefix: str) -> Table:
    """`tracking_failure`."""
    return table(
        f"{prefix}tracking_failure",
        metadata,
        column("idsite", "bigint(20) unsigned", primary_key=True),
        column("idfailure", "smallint(5) unsigned", primary_key=True),
        column("date_first_occurred", "datetime"),
        column("request_url", "mediumtext"),
    )
