"""The scenario's playbook once more, by hand: with other variables, in check mode, only a phase of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def play(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the scenario's converge.yml with further arguments of ansible-playbook, however it ends."""
    directory = Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"])
    return subprocess.run(
        [
            *("ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]),
            *(*arguments, str(directory / "converge.yml")),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
    )


def unwrapped(text: str) -> str:
    """Return output without the line breaks that YAML puts into long messages."""
    return " ".join(text.split())
