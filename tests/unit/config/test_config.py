from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from qtd.config import Config, root
from qtd.config.matomo_keys import GENERAL_KEYS, TRACKER_KEYS
from qtd.engine.settings import GENERAL_DEFAULTS, TRACKER_DEFAULTS


def test_configuration_does_not_change() -> None:
    """No value can be set once the configuration is made."""
    with pytest.raises(ValidationError):
        Config().queue.count = 2  # type: ignore[misc]


def test_default_database_lies_in_the_state_directory() -> None:
    """Without a URL rows and queues are in one SQLite file in the state directory."""
    config = Config.model_validate({"state_directory": "/srv/state"})
    assert config.database_url == "sqlite:////srv/state/qtd.sqlite3"
    assert config.queue_database_url == config.database_url
    assert config.queue_database is config.database


def test_queues_may_have_a_database_of_their_own() -> None:
    """With `queue.database` the queues go there and the rows do not."""
    config = Config.model_validate(
        {
            "queue": {"backend": "sql", "database": {"url": "mysql+pymysql://u@h/queues"}},
            "database": {"url": "mysql+pymysql://u@h/rows"},
        }
    )
    assert config.queue_database_url == "mysql+pymysql://u@h/queues"
    assert config.database_url == "mysql+pymysql://u@h/rows"


def test_entries_are_compact_where_no_plugin_can_be() -> None:
    """Redis is shared with PHP unless it is said that it is not; tables and memory are ours alone."""
    forms = {
        (backend, entries): Config.model_validate(
            {"queue": {"backend": backend, "entries": entries}}
        ).queue.entry_form
        for backend in ("redis", "sql", "memory")
        for entries in (None, "plugin", "compact")
    }
    assert {key: form for key, form in forms.items() if form != key[1]} == {
        ("redis", None): "plugin",
        ("sql", None): "compact",
        ("memory", None): "compact",
    }


@pytest.mark.parametrize(("workers", "wanted"), [(None, 3), (2, 2), (3, 3)])
def test_one_worker_per_queue_unless_fewer_are_wanted(workers: int | None, wanted: int) -> None:
    """`workers.count` is the number of workers, and null means as many as queues."""
    config = Config.model_validate({"queue": {"count": 3}, "workers": {"count": workers}})
    assert config.worker_count == wanted


def test_state_directory_is_systemds_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`StateDirectory=` of systemd comes first, then the system's if it can be written to, then `var`."""
    assert root.default_state_directory({"STATE_DIRECTORY": "/a:/b"}) == Path("/a")
    monkeypatch.setattr(root, "SYSTEM_STATE_DIRECTORY", tmp_path)
    assert root.default_state_directory({}) == tmp_path
    monkeypatch.setattr(root, "SYSTEM_STATE_DIRECTORY", tmp_path / "missing")
    assert root.default_state_directory({}) == Path.cwd() / "var"


def test_matomos_settings_are_text_as_in_its_files() -> None:
    """Numbers, true and false become what an INI file would hold, lists become tuples."""
    config = Config.model_validate(
        {
            "matomo": {
                "tracker": {
                    "visit_standard_length": 60,
                    "trust_visitors_cookies": True,
                    "exclude_requests": "a",
                },
                "general": {"proxy_ips": ["10.0.0.*", "10.1.0.*"], "enable_trusted_host_check": False},
                "options": {"PrivacyManager.ipAnonymizerEnabled": 0},
            }
        }
    )
    assert config.matomo.tracker == {
        "visit_standard_length": "60",
        "trust_visitors_cookies": "1",
        "exclude_requests": "a",
    }
    assert config.matomo.general == {"proxy_ips": ("10.0.0.*", "10.1.0.*"), "enable_trusted_host_check": "0"}
    assert config.matomo.options == {"PrivacyManager.ipAnonymizerEnabled": "0"}


@pytest.mark.parametrize(
    ("section", "key", "hint"),
    [
        ("tracker", "visit_standard_lenght", "did you mean visit_standard_length?"),
        ("general", "proxy_ip", "did you mean proxy_ips?"),
        ("tracker", "zzz", "recording knows no 'zzz' of Matomo's [Tracker]"),
    ],
)
def test_settings_that_nothing_reads_are_refused(section: str, key: str, hint: str) -> None:
    """A key of Matomo's that would change nothing is an error with the nearest name."""
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"matomo": {section: {key: 1}}})
    assert hint in str(caught.value)


def test_known_settings_are_those_the_engine_reads() -> None:
    """The configuration takes exactly the [Tracker] and [General] keys that the engine has defaults for."""
    assert set(TRACKER_DEFAULTS) == TRACKER_KEYS
    assert set(GENERAL_DEFAULTS) == GENERAL_KEYS
