"""What every test gets: a marker by its folder, so that the cost of a test is where it lies."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from qtd.log.logger import Logger

# What is started in the background of a script ignores Ctrl-C, and so would everything that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
KINDS = frozenset({"unit", "contract", "integration", "parity", "acceptance", "faults", "systemd"})
#: How long an example takes says how busy the machine is, nothing of the code.
settings.register_profile("qtd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("qtd")
pytest_plugins = ["tests.servers.fixtures"]


@pytest.fixture(autouse=True)
def _log_unconfigured() -> Iterator[None]:
    """Undo what a test configured of the log, which is one for the whole process."""
    handlers, threshold = list(logging.root.handlers), Logger.threshold
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        Logger.threshold = threshold
        for handler in set(logging.root.handlers) - set(handlers):
            logging.root.removeHandler(handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its top folder."""
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        if kind not in KINDS:
            raise pytest.UsageError(f"{item.path}: is in none of {', '.join(sorted(KINDS))}")
        item.add_marker(kind)
