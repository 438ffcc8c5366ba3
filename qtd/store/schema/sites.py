"""Sites and what is configured for each: addresses, goals, custom dimensions, settings.

As of Matomo 5.0: names, types, order and indexes are those of its own tables.
"""

from __future__ import annotations

from sqlalchemy import MetaData, Table

from qtd.store.schema.define import column, counted, index, table, unique


def site(metadata: MetaData, prefix: str) -> Table:
    """`site`."""
    return table(
        f"{prefix}site",
        metadata,
        counted("idsite", "int(10) unsigned"),
        column("name", "varchar(90)"),
        column("main_url", "varchar(255)"),
        column("ts_created", "timestamp", null=True),
        column("ecommerce", "tinyint(4)", null=True, default="0"),
        column("sitesearch", "tinyint(4)", null=True, default="1"),
        column("sitesearch_keyword_parameters", "text"),
        column("sitesearch_category_parameters", "text"),
        column("timezone", "varchar(50)"),
        column("currency", "char(3)"),
        column("exclude_unknown_urls", "tinyint(1)", null=True, default="0"),
        column("excluded_ips", "text"),
        column("excluded_parameters", "text"),
        column("excluded_user_agents", "text"),
        column("excluded_referrers", "text"),
        column("group", "varchar(250)"),
        column("type", "varchar(255)"),
        column("keep_url_fragment", "tinyint(4)", default="0"),
        column("creator_login", "varchar(100)", null=True),
    )


def site_url(metadata: MetaData, prefix: str) -> Table:
    """`site_url`."""
    return table(
        f"{prefix}site_url",
        metadata,
        column("idsite", "int(10) unsigned", primary_key=True),
        column("url", "varchar(190)", primary_key=True),
    )


def site_setting(metadata: MetaData, prefix: str) -> Table:
    """`site_setting`."""
    return table(
        f"{prefix}site_setting",
        metadata,
        column("idsite", "int(10) unsigned"),
        column("plugin_name", "varchar(60)"),
        column("setting_name", "varchar(255)"),
        column("setting_value", "longtext"),
        column("json_encoded", "tinyint(3) unsigned", default="0"),
        counted("idsite_setting", "bigint(20) unsigned"),
        index("idsite", "idsite", "plugin_name"),
    )


def goal(metadata: MetaData, prefix: str) -> Table:
    """`goal`."""
    return table(
        f"{prefix}goal",
        metadata,
        column("idsite", "int(11)", primary_key=True),
        column("idgoal", "int(11)", primary_key=True),
        column("name", "varchar(50)"),
        column("description", "varchar(255)", default=""),
        column("match_attribute", "varchar(20)"),
        column("pattern", "varchar(255)"),
        column("pattern_type", "varchar(25)"),
        column("case_sensitive", "tinyint(4)"),
        column("allow_multiple", "tinyint(4)"),
        column("revenue", "double"),
        column("deleted", "tinyint(4)", default="0"),
        column("event_value_as_revenue", "tinyint(4)", default="0"),
    )


def custom_dimensions(metadata: MetaData, prefix: str) -> Table:
    """`custom_dimensions`."""
    return table(
        f"{prefix}custom_dimensions",
        metadata,
        column("idcustomdimension", "bigint(20) unsigned", primary_key=True),
        column("idsite", "bigint(20) unsigned", primary_key=True),
        column("name", "varchar(100)"),
        column("index", "smallint(5) unsigned"),
        column("scope", "varchar(10)"),
        column("active", "tinyint(3) unsigned", default="0"),
        column("extractions", "text", default=""),
        column("case_sensitive", "tinyint(3) unsigned", default="1"),
        unique("uniq_hash", "idsite", "scope", "index"),
    )
