"""docs/provisioning.md, followed to the letter on fresh hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.systemd.pages import blocks, give_clone, running_hosts, typed

pytestmark = pytest.mark.timeout(3000)

PAGE = "provisioning.md"
INSTALL = "export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q install --yes --no-install-recommends"


def test_one_host(tmp_path: Path) -> None:
    """From an empty host to the first hit in Matomo's log tables; a second run of the playbook changes nothing."""
    takes, wheels, inventory, do, hit = blocks(PAGE, "One host")
    with running_hosts({"one": "5"}) as hosts:
        host = hosts["one"]
        # A clone is what the page begins with.
        give_clone(host, tmp_path)
        for block in (takes, wheels, inventory):
            typed(host, block)
        looked, done = typed(host, do).split("PLAY RECAP")[1:]
        assert "failed=0" in looked
        assert "failed=0" in done
        first = typed(host, hit)
        assert first.splitlines()[0] == "200"
        assert "qtd-worker@4.service" in first
        counted = host.run(
            "mariadb matomo -BNe 'SELECT COUNT(*), SUM(visit_total_actions) FROM matomo_log_visit'"
        )
        assert counted.split() == ["1", "1"]
        again = typed(host, do.strip().splitlines()[-1])
        assert "changed=0" in again.split("PLAY RECAP")[1]


def test_three_hosts(tmp_path: Path) -> None:
    """Redis with Sentinels on three hosts: a hit is recorded, and one more while the master's host has no Redis."""
    _, wheels, *_ = blocks(PAGE, "One host")
    inventory, hits = blocks(PAGE, "Three hosts")
    names = {"controller": "5", "qtd-1": "11", "qtd-2": "12", "qtd-3": "13", "database": "20"}
    with running_hosts(names) as hosts:
        controller, database = hosts["controller"], hosts["database"]
        # What the page takes for granted: a controller with a clone, hosts that it reaches, a database.
        give_clone(controller, tmp_path)
        typed(controller, f"{INSTALL} git make python3-venv openssh-client openssl")
        key = typed(
            controller, "ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519 && cat ~/.ssh/id_ed25519.pub"
        )
        typed(controller, "printf 'Host *\\n  StrictHostKeyChecking accept-new\\n' >~/.ssh/config")
        for name in ("qtd-1", "qtd-2", "qtd-3"):
            hosts[name].run(f"{INSTALL} openssh-server")
            hosts[name].write("/root/.ssh/authorized_keys", key)
        database.run(f"{INSTALL} mariadb-server")
        database.write("/etc/mysql/mariadb.conf.d/99-network.cnf", "[mysqld]\nbind-address = 0.0.0.0\n")
        database.run(
            'systemctl restart mariadb; mariadb -e "CREATE DATABASE matomo;'
            " CREATE USER qtd@'%' IDENTIFIED BY 'choose-another'; GRANT ALL ON matomo.* TO qtd@'%'\""
        )
        typed(controller, wheels)
        done = typed(controller, inventory).split("PLAY RECAP")[1]
        assert "failed=0" in done
        lines = typed(controller, f"cd ~/qtd\n{hits}").splitlines()
        assert lines[:2] == ["200", "200"]
        assert lines[2] in ("10.89.76.12", "10.89.76.13")
        database.until(
            "both hits are recorded",
            lambda: (
                database.run(
                    'mariadb matomo -BNe "SELECT name FROM matomo_log_link_visit_action'
                    ' JOIN matomo_log_action ON idaction = idaction_url ORDER BY idlink_va"'
                ).split()
                == ["shop.example/first", "shop.example/second"]
            ),
        )
