"""The tables, described for those installations in which no Matomo has made them."""

from __future__ import annotations

from sqlalchemy import MetaData

from qtd.store.schema import logs, options, own, sites, users

_MATOMO = (
    logs.log_visit,
    logs.log_link_visit_action,
    logs.log_action,
    logs.log_conversion,
    logs.log_conversion_item,
    sites.site,
    sites.site_url,
    sites.site_setting,
    sites.goal,
    sites.custom_dimensions,
    users.user,
    users.user_token_auth,
    users.access,
    options.option,
    options.plugin_setting,
    options.tracking_failure,
)

_OWN = (own.ledger, own.ledger_batch, own.dead_letter, own.counter, own.schema)


def matomo_tables(dialect: str, prefix: str = "") -> MetaData:
    """Describe the tables of Matomo that tracking reads or writes; `dialect` is `mysql` or `sqlite`."""
    metadata = MetaData(info={"dialect": dialect})
    for table in _MATOMO:
        table(metadata, prefix)
    return metadata


def own_tables(dialect: str, prefix: str = "") -> MetaData:
    """Describe the tables that qtd needs beside Matomo's."""
    metadata = MetaData(info={"dialect": dialect})
    for table in _OWN:
        table(metadata, prefix)
    return metadata
