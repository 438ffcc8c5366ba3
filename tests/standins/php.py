"""A stand-in for PHP's command line program, which runs the stand-in for Matomo's console."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def install_php(folder: Path, version: str = "PHP 8.2.29 (cli) (built: Jul  3 2025 16:16:05) (NTS)") -> Path:
    """Put one into a folder; `version` is what it answers to --version."""
    program = folder / "php"
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo {shlex.quote(version)}; exit; fi\n'
        f'exec {shlex.quote(sys.executable)} "$@"\n'
    )
    program.chmod(0o755)
    return program
