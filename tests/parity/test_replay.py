"""What the http engine sends of a recorded entry is all that Matomo needs: the rows are those of the recording.

The requests go over the wire to a stand-in for Matomo, days later. What arrives there is recorded as Matomo's bulk API
would, by parameters alone, with the rights of whoever calls, and with nothing of the original HTTP request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from qtd.clock import SystemClock
from qtd.config.http import Http
from qtd.db.engine import open_engine
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.engine.settings import Settings
from qtd.parity.run import Runner
from qtd.parity.scenario import Scenario, read_scenarios, read_world
from qtd.replay.calls import Calls
from qtd.replay.matomo import Matomo
from qtd.replay.outcome import prepare
from qtd.store.entry import read_entry
from qtd.wire.request_set import RequestSet, encode
from tests.parity.conftest import RECORDINGS
from tests.parity.test_recordings import GROUPS, UNKNOWABLE
from tests.standins import matomo as standin

#: A super user's, in the recorded world.
TOKEN = "c0ffee00c0ffee00c0ffee00c0ffee00"

#: Seconds between the recording and its replay.
LATER = 3 * 86400

#: Scenarios that end otherwise over HTTP, as docs/engines.md says.
OTHERWISE = {
    # Who has no address has none of his own among parameters either: his device is another one.
    ("devices", "ip ''"),
    # The plugin drops what follows an invalid request of a set, the bulk API does not.
    ("visits", "bulk request with one bad cip"),
}

TRACKED = ("log_visit", "log_link_visit_action", "log_action", "log_conversion", "log_conversion_item")


class Replay(Runner):
    """Has the requests that arrive recorded, instead of the entries."""

    def via(self, server: standin.Matomo) -> None:
        """Replay through this stand-in."""
        self._server = server
        section = Http.model_validate({"url": server.url, "token": TOKEN})
        self._client = Matomo(section, clock=SystemClock())

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def split(self, request_sets: Sequence[RequestSet], settings: Settings) -> Iterator[Sequence[RequestSet]]:
        """One batch with a request set for each request that arrives."""
        self._server.recorded.clear()
        now = max(one.time for one in request_sets) + LATER
        present = self._clock.now()  # what a relative `cdt` is read by, as in Matomo's own replay
        outcomes = [prepare(read_entry(encode(one)), settings, now=present) for one in request_sets]
        calls = Calls(self._client, max_requests=100)
        for part in calls.split(outcomes):
            calls.send(part)
        arrived = {"REMOTE_ADDR": "192.0.2.1"}
        yield [
            RequestSet(requests=[params], server=arrived, cookies={}, token_auth=TOKEN, time=now)
            for params in self._server.recorded
        ]


@pytest.fixture(scope="module")
def server() -> Iterator[standin.Matomo]:
    """Run a stand-in that takes whatever comes."""
    with standin.running_matomo() as server:
        server.super_user = TOKEN
        server.sites = frozenset(range(1, 1000))
        yield server
    assert server.complaints == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", GROUPS)
def test_rows_are_matomos(
    group: str,
    server: standin.Matomo,
    outside: Callable[[FingerprintSalts], Outside],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """All that was recorded arrives: time, address, agent, language, client hints, cookies and parameters."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('replay')}/parity.sqlite3")
    runner = Replay(engine, read_world(RECORDINGS / "world.json"), outside, clock=SystemClock())
    runner.via(server)
    different = {}
    for scenario in read_scenarios(RECORDINGS / group):
        found = runner.run(_tracked(scenario))
        if bool(found.differences) != ((scenario.group, scenario.name) in UNKNOWABLE | OTHERWISE):
            different[scenario.name] = found.differences[:3]
    runner.close()
    engine.dispose()
    assert different == {}


def _tracked(scenario: Scenario) -> Scenario:
    """Only what visitors do; which reports are outdated depends on the day of the replay."""
    return replace(scenario, rows={name: rows for name, rows in scenario.rows.items() if name in TRACKED})
