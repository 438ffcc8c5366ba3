"""Every command as its own process."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from qtd.cli.main import COMMANDS
from tests.integration.cli.running import PATIENCE

pytestmark = pytest.mark.timeout(600)


def helped(name: str) -> tuple[str, subprocess.CompletedProcess[str]]:
    """Run `qtd NAME --help`, as cron would: without a terminal."""
    words = [sys.executable, "-m", "qtd", name, "--help"]
    return name, subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=4 * PATIENCE
    )


def test_every_command_runs_and_explains_itself() -> None:
    """Exit code 0, an example that can be typed, and what exit codes mean; nothing on standard error, no warning."""
    with ThreadPoolExecutor(2) as two:
        said = dict(two.map(helped, COMMANDS))
    assert said.keys() == COMMANDS.keys()
    for name, done in said.items():
        assert (done.returncode, done.stderr) == (0, ""), name
        lines = [line.strip() for line in done.stdout.splitlines()]
        assert any(line.startswith(("Example:", "Example, ")) for line in lines), name
        assert any(line.startswith((f"qtd {name}", f"* * * * * qtd {name}")) for line in lines), name
        assert "Exit code" in done.stdout or "COMMAND [ARGS]" in done.stdout, name
