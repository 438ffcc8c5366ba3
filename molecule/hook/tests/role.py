"""The role, run as an operator runs it: hook.yml with the variables of a test."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PLAYBOOK = Path(__file__).parents[1] / "hook.yml"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended, and all that it said, in one line."""

    code: int
    said: str


def run(*options: str, **variables: Any) -> Outcome:
    """Run the role on the guest, however it ends."""
    done = subprocess.run(
        [
            *("ansible-playbook", "--inventory", os.environ["MOLECULE_INVENTORY_FILE"]),
            *(*options, "--extra-vars", json.dumps(variables), _PLAYBOOK),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1"},
    )
    return Outcome(code=done.returncode, said=" ".join(f"{done.stdout} {done.stderr}".split()))
