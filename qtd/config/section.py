"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T")

#: YAML's lists become tuples, since sections do not change; what is in them is still taken as it is.
ListOf = Annotated[tuple[T, ...], Strict(strict=False)]

#: The ending that makes a key the file to read another key's value from: `password_file` for `password`.
FILE_SUFFIX = "_file"


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused and no value is taken for another type's."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        validate_default=True,
        hide_input_in_errors=True,
        use_enum_values=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, values: object) -> object:
        return {} if values is None else values  # `log:` with every key commented out

    @model_validator(mode="after")
    def _secret_or_its_file(self) -> Self:
        for name in secret_names(type(self)):
            if getattr(self, name) is not None and getattr(self, name + FILE_SUFFIX) is not None:
                raise contradiction(name + FILE_SUFFIX, f"is set, and so is {name}; give one of the two")
        return self


def secret_names(section: type[Section]) -> tuple[str, ...]:
    """Return the keys of `section` that can be read from a file named by their sibling `<key>_file`."""
    fields = section.model_fields
    return tuple(name for name in fields if name + FILE_SUFFIX in fields)


def contradiction(key: str, message: str) -> PydanticCustomError:
    """Return the error for a value that is fine by itself but not beside the others.

    `key` is relative to the section that raises it; an empty one means the section itself.
    """
    return PydanticCustomError("contradiction", "{message}", {"key": key, "message": message})
