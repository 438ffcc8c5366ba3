"""The guest of this scenario, and the site on it."""

from __future__ import annotations

import secrets

import pytest
from guests import guests, host, pytest_generate_tests, pytest_runtest_makereport
from matomo_site import PORTS, Site
from testinfra.host import Host

__all__ = ["guests", "host", "pytest_generate_tests", "pytest_runtest_makereport"]


@pytest.fixture(params=list(PORTS))
def site(host: Host, request: pytest.FixtureRequest) -> Site:
    """Give the site behind nginx, then the one behind Apache; no record is left of what was before."""
    host.check_output("install --owner=www-data /dev/null /var/lib/recorded/php")
    return Site(host=host, server=request.param)


@pytest.fixture
def prefix() -> str:
    """Give the part of the addresses that tells this test's page views from all others."""
    return secrets.token_hex(6)
