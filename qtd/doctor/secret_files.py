"""Who may read the secrets: the files that hold them, and the configuration itself where they are in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from qtd.config.root import Config
from qtd.config.secret import SecretFiles
from qtd.config.section import FILE_SUFFIX, Section, secret_names
from qtd.config.yaml_text import KeyPath, dotted
from qtd.doctor.amounts import several
from qtd.doctor.check import Check, fine, wrong


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretPlace:
    """Where one secret is."""

    #: `redis.password_file`
    key: str
    #: the file that holds it; null: the configuration file does
    file: Path | None


def secret_places(config: Config) -> list[SecretPlace]:
    """Return where each secret of the configuration is."""
    places = list(_of_section(config, ()))
    for key, section in (("database.url", config.database), ("queue.database.url", config.queue.database)):
        if section and section.url and make_url(section.url.get_secret_value()).password:
            places.append(SecretPlace(key=key, file=None))
    if (key_file := config.redis.tls.certificate_key_file) is not None:
        places.append(SecretPlace(key="redis.tls.certificate_key_file", file=key_file))
    return places


def _of_section(section: Section, path: KeyPath) -> Iterator[SecretPlace]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _of_section(value, (*path, name))
    for name in secret_names(type(section)):
        file: Path | None = getattr(section, name + FILE_SUFFIX)
        if file is not None:
            yield SecretPlace(key=dotted((*path, name + FILE_SUFFIX)), file=file)
        elif getattr(section, name) is not None:
            yield SecretPlace(key=dotted((*path, name)), file=None)


def check_secrets(config: Config, environ: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Judge the files' modes: nobody but owner and group may read them, nobody but the owner write."""
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    source = config.source
    files = SecretFiles(
        credentials=Path(credentials) if credentials and Path(credentials).is_dir() else None,
        beside=(source.parent if source else Path()).absolute(),
    )
    places: dict[Path, list[str]] = {}
    for place in secret_places(config):
        path = source if place.file is None else files.path_of(place.file)
        if path is not None:
            places.setdefault(path, []).append(place.key)
    open_ones = 0
    for path, keys in places.items():
        mode = path.stat().st_mode if path.exists() else 0
        may = [
            word
            for bits, word in ((stat.S_IROTH, "read"), (stat.S_IWGRP | stat.S_IWOTH, "changed"))
            if mode & bits
        ]
        if may:
            open_ones += 1
            yield wrong(
                "files.secrets",
                f"mode {stat.S_IMODE(mode):04o}: {', '.join(keys)} can be {' and '.join(may)} by others",
                f"chmod 640 {path} (owner root, group of the user that qtd runs as), and consider a new secret",
                where=str(path),
            )
    if not open_ones:
        found = f"{several(len(places), 'file')} with secrets, closed to others" if places else "no secrets"
        yield fine("files.secrets", found)
