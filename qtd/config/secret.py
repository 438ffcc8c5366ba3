"""Secrets from files: what a `<key>_file` names takes the place of `<key>`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from qtd.config.section import FILE_SUFFIX, Section, secret_names
from qtd.config.yaml_text import KeyPath, dotted

S = TypeVar("S", bound=Section)

#: No password is longer; a larger file is the wrong one.
_LARGEST_BYTES = 65536


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretFiles:
    """Where relative names of secret files begin."""

    #: systemd's $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=); it comes first where it exists
    credentials: Path | None
    #: the configuration file's folder
    beside: Path

    def path_of(self, name: Path) -> Path:
        """Return the file that `name` means."""
        if name.is_absolute():
            return name
        return (self.credentials or self.beside) / name

    def read(self, name: Path) -> SecretStr:
        """Return the file's text without the line's end.

        Raises:
            ValueError: the file can not be read or holds no secret; the text never quotes its content.
        """
        path = self.path_of(name)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_BYTES + 1)
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        if len(data) > _LARGEST_BYTES:
            raise ValueError(f"{path}: larger than {_LARGEST_BYTES} bytes, that is no secret")
        try:
            text = data.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise ValueError(f"{path}: not UTF-8") from None
        if not text:
            raise ValueError(f"{path}: is empty")
        if "\n" in text:
            raise ValueError(f"{path}: has more than one line")
        return SecretStr(text)


def resolve(section: S, files: SecretFiles, problems: list[str], path: KeyPath = ()) -> S:
    """Return `section` and everything below it with the secrets read; what fails is added to `problems`."""
    changes: dict[str, object] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            inner = resolve(value, files, problems, (*path, name))
            if inner is not value:
                changes[name] = inner
    for name in secret_names(type(section)):
        key = name + FILE_SUFFIX
        if (file := getattr(section, key)) is not None:
            try:
                changes[name] = files.read(file)
            except ValueError as error:
                problems.append(f"{dotted((*path, key))}: {error}")
    return section.model_copy(update=changes) if changes else section


def revealed(secret: SecretStr | None) -> str | None:
    """Return what a secret holds, for the one who opens the connection."""
    return None if secret is None else secret.get_secret_value()
