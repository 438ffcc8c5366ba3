"""Reads the configuration: finds the file, parses it, validates it, reads the secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from qtd.config.problems import describe
from qtd.config.root import Config
from qtd.config.secret import SecretFiles, resolve
from qtd.config.yaml_text import Document, parse
from qtd.errors import ConfigurationError

#: Where it is looked for, in this order, when no file is named.
DEFAULT_PATHS = (Path("/etc/qtd/qtd.yaml"), Path("conf/qtd.yaml"))


def load(
    path: Path | str | None = None,
    *,
    default_paths: Sequence[Path] = DEFAULT_PATHS,
    environ: Mapping[str, str] = os.environ,
    secrets: bool = True,
) -> Config:
    """Return the configuration from `path`, else the first of `default_paths` there is, else the defaults.

    The result's `source` says which. Secrets are read from their files, unless `secrets` is false: whoever only
    checks may not be allowed to. Nothing is connected to.

    Raises:
        ConfigurationError: with every mistake found, one line each.
    """
    source = Path(path) if path is not None else _first(default_paths)
    document = Document(values={}, lines={}) if source is None else parse(_text(source), str(source))
    try:
        config = Config.model_validate(document.values)
    except ValidationError as error:
        raise ConfigurationError(*describe(error, Config, document.lines)) from None
    problems: list[str] = []
    if secrets:
        credentials = environ.get("CREDENTIALS_DIRECTORY")
        files = SecretFiles(
            credentials=Path(credentials) if credentials and Path(credentials).is_dir() else None,
            beside=(source.parent if source else Path()).absolute(),
        )
        config = resolve(config, files, problems)
    if problems:
        raise ConfigurationError(*problems)
    return config.read_from(source)


def _first(paths: Sequence[Path]) -> Path | None:
    # A file that is there but can not be read is an error later, not a reason to use another one.
    return next((path for path in paths if os.path.lexists(path)), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 (byte {error.start + 1})") from None
