"""`qtd test` on a server where the services' secrets are systemd's credentials."""

from __future__ import annotations

import json
import re

from tests.systemd.guests import PROJECT
from tests.systemd.installed import Installed


def test_the_documented_command_sees_what_the_services_see(qtd: Installed) -> None:
    """docs/operations.md has it; as the services' user, with their credentials, beside services that run."""
    text = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^systemd-run .*(?:\\\n.*)* test$", text, re.MULTILINE)
    guest = qtd.guest
    qtd.start()
    done = guest.try_run(f"{command} --json")
    document = json.loads(done.stdout)
    checks = {check["name"]: check for check in document["checks"]}
    assert checks["database.rights"]["verdict"] == "ok", done.stdout
    assert checks["redis.operations"]["verdict"] == "ok"
    assert checks["files.user"]["verdict"] == "ok"
    assert checks["files.secrets"]["found"] == "1 file with secrets, closed to others"
    errors = {name for name, check in checks.items() if check["verdict"] == "error"}
    assert errors <= {"redis.persistence"}  # Debian's Redis as it comes
    assert done.returncode == (1 if errors else 0)
    assert "secret-of-the-test" not in done.stdout + done.stderr
