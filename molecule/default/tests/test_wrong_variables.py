"""Variables that are wrong, and check mode: what runs is left alone, and the output says what to do."""

from __future__ import annotations

import pytest
from playbook import play, unwrapped
from testinfra.host import Host

STATE = (
    "find /etc/qtd /etc/redis/qtd.* /etc/systemd/system /opt/qtd -maxdepth 2 -printf '%p %i %C@\\n' | sort | sha256sum;"
    " systemctl show -P MainPID redis-server qtd qtd-ingest qtd-worker@1 qtd-worker@2"
)


def test_wrong_values_are_refused_together_before_anything_is_changed(host: Host) -> None:
    """Each is named with its value and what is allowed."""
    before = host.check_output(STATE)
    done = play(
        *("--extra-vars", '{"qtd_queues": 5000, "qtd_workers_min": 3, "qtd_broker_hosts": ["redis"]}'),
        *("--extra-vars", '{"qtd_unit_settings": {"sshd.service": {}}}'),
    )
    said = unwrapped(done.stdout + done.stderr)
    assert done.returncode != 0
    assert "qtd_queues: 5000: must be 1 to 4096" in said
    assert "qtd_workers_min: 3: must be 0 to qtd_workers (2)" in said
    assert "qtd_broker_hosts: ['redis']: must be host:port" in said
    assert "qtd_unit_settings: ['sshd.service'] (units only): must be units of qtd" in said
    assert host.check_output(STATE) == before


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (
            '{"qtd_redis_maxmemory": "1mb"}',
            "qtd_redis_maxmemory: 1mb: must be such as 512mb or 4gb, from 64mb",
        ),
        ('{"qtd_redis_password": "q7Xy"}', "qtd_redis_password: (hidden): must be at least 8 characters"),
        (
            '{"qtd_redis_appendfsync": "never"}',
            "qtd_redis_appendfsync must be one of: everysec, always, got: never",
        ),
    ],
)
def test_wrong_values_for_redis_are_refused(host: Host, variable: str, message: str) -> None:
    """By name, with value and what is allowed; a secret's value is not shown."""
    before = host.check_output(STATE)
    done = play("--extra-vars", variable)
    assert done.returncode != 0
    assert message in unwrapped(done.stdout + done.stderr)
    assert "q7Xy" not in done.stdout + done.stderr
    assert host.check_output(STATE) == before


def test_a_configuration_that_qtd_refuses_does_not_land(host: Host) -> None:
    """The mistake is told as `qtd check-config` tells it, and the former configuration stays in force."""
    before = host.check_output(STATE)
    done = play("--tags", "configure", "--extra-vars", '{"qtd_config": {"batch": {"max_request": 7}}}')
    assert done.returncode != 0
    assert "batch.max_request: unknown key; did you mean batch.max_requests?" in unwrapped(
        done.stdout + done.stderr
    )
    assert host.check_output(STATE) == before


def test_check_mode_shows_what_would_change_and_changes_nothing(host: Host) -> None:
    """The difference in qtd.yaml is shown, a new password is not."""
    before = host.check_output(STATE)
    done = play(
        *("--check", "--diff", "--extra-vars"),
        '{"qtd_workers": 3, "queues_password": "of-nobody-else", "database_password": "of-nobody-at-all"}',
    )
    assert done.returncode == 0, done.stdout
    assert "-  count: 2" in done.stdout
    assert "+  count: 3" in done.stdout
    assert "of-nobody" not in done.stdout + done.stderr
    assert host.check_output(STATE) == before
