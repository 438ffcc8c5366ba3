"""`database`: where the rows go, and how to reach it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from sqlalchemy import make_url

from qtd.config.section import Section, contradiction
from qtd.config.values import PathValue
from qtd.db.engine import parse_url
from qtd.errors import ConfigurationError


def _url(value: SecretStr) -> SecretStr:
    try:
        parse_url(value.get_secret_value())
    except ConfigurationError as error:
        raise ValueError(str(error).removeprefix("database URL: ")) from None
    return value


class Connection(Section):
    """An SQL database of its own for the queues; null: the tracker's."""

    #: Kept as a secret because it may hold a password.
    url: Annotated[SecretStr, AfterValidator(_url)] | None = Field(
        None,
        description="sqlite:///path or mysql+pymysql://user@host/name; null: qtd.sqlite3 in state_directory",
    )
    password: SecretStr | None = Field(None, description="password; password_file keeps it out of this file")
    password_file: PathValue | None = Field(
        None,
        description="file that holds the password; a bare name means the systemd credential of that name",
    )
    connect_timeout_seconds: int = Field(5, ge=1, le=3600, description="longest time to make a connection")
    command_timeout_seconds: int = Field(30, ge=1, le=3600, description="longest time to wait for an answer")
    lock_timeout_seconds: int = Field(
        10, ge=1, le=3600, description="longest time to wait for another transaction; less than the command's"
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.lock_timeout_seconds >= self.command_timeout_seconds:
            raise contradiction(
                "lock_timeout_seconds",
                f"must be less than command_timeout_seconds ({self.command_timeout_seconds}),"
                " so that the server says why it took so long",
            )
        if self.password is None and self.password_file is None:
            return self
        url = make_url(self.url.get_secret_value()) if self.url else None
        if url is None or url.get_backend_name() == "sqlite":
            raise contradiction("password", "is set, but SQLite has none")
        if url.password is not None:
            raise contradiction("password", "is set, and so is one in the url; give one of the two")
        return self


class Database(Connection):
    """The database that tracking writes to: Matomo's, or one of qtd's own."""

    tables_prefix: str = Field(
        "",
        max_length=32,
        pattern=r"^[A-Za-z0-9_]*$",
        description="what table names begin with, such as matomo_",
    )
