"""Ansible's way into a guest on this machine: its namespaces are entered, without a daemon and a login between."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_bytes, to_native
from ansible.plugins.connection import ConnectionBase

# Where Ansible looks for a plugin's options: they are read from this text.
DOCUMENTATION = """
name: guest
short_description: Run tasks in a podman container on this machine
description: Enters the namespaces of the container's first process. Needs root.
author: the authors of qtd
options:
  remote_addr:
    description: Name of the container.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
"""

_ENTER = str(Path(__file__).parents[1] / "enter")


class Connection(ConnectionBase):  # type: ignore[misc]
    """One guest, whose first process is looked up once."""

    transport = "guest"
    has_pipelining = True
    _pid = ""

    def _connect(self) -> Connection:
        if not self._pid:
            name = self.get_option("remote_addr")
            asked = subprocess.run(
                ["podman", "inspect", "--format", "{{.State.Pid}}", name],
                check=False,
                capture_output=True,
                text=True,
            )
            pid = asked.stdout.strip()
            if pid in ("", "0"):
                raise AnsibleConnectionFailure(f"guest {name} does not run: {asked.stderr.strip()}")
            self._pid = pid
        self._connected = True
        return self

    def close(self) -> None:
        """Nothing is kept open."""
        self._connected = False

    def exec_command(
        self,
        cmd: str,
        in_data: bytes | None = None,
        sudoable: bool = True,  # noqa: FBT001, FBT002 - Ansible's interface
    ) -> tuple[int, bytes, bytes]:
        """Run a shell command; return exit code, output and errors."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run("/bin/sh", "-c", cmd, input=in_data or b"")

    def put_file(self, in_path: str, out_path: str) -> None:
        """Copy a file into the guest."""
        super().put_file(in_path, out_path)
        with Path(in_path).open("rb") as file:
            code, _, said = self._run("/bin/sh", "-c", 'cat > "$1"', "sh", out_path, stdin=file)
        if code:
            raise AnsibleError(f"could not write {out_path}: {to_native(said)}")

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Copy a file out of the guest."""
        super().fetch_file(in_path, out_path)
        code, content, said = self._run("cat", in_path, input=b"")
        if code:
            raise AnsibleError(f"could not read {in_path}: {to_native(said)}")
        Path(out_path).write_bytes(content)

    def _run(self, *command: str, **stdin: Any) -> tuple[int, bytes, bytes]:
        self._connect()
        done = subprocess.run(
            [to_bytes(word) for word in (_ENTER, self._pid, *command)],
            check=False,
            capture_output=True,
            **stdin,
        )
        return done.returncode, done.stdout, done.stderr
