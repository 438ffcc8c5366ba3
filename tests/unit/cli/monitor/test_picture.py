"""What people and scripts see of a look."""

from __future__ import annotations

from io import StringIO

import orjson
from rich.console import Console

from qtd.cli.monitor.document import document
from qtd.cli.monitor.look import Look
from qtd.cli.monitor.pages import Pages
from qtd.cli.monitor.picture import LINES, picture
from qtd.cli.monitor.rates import Rate
from qtd.ingest.spool.state import SpoolState
from qtd.queue.redis_memory import ServerMemory
from tests.unit.cli.monitor.looks import backlog, look

BUSY = look(
    backlog(0, 1204, 3.2, holder="1f0c9a7be412:worker-1@web01", left=47.0),
    backlog(1, 0, holder="1f0c9a7be412", left=60.0),
    backlog(2, 5, None, holder="resize000008", left=None),
    recorded=[10_000, 0, 5],
    memory=(ServerMemory(used=250_000_000, peak=300_000_000, most=1_000_000_000),),
    spool=SpoolState(entries=12, bytes=4000, since=1_795_277_768.0),
)
RATES = {0: Rate(into=1500.4, out=3.26), 1: Rate(into=0, out=0), 2: Rate(into=0, out=0)}


def drawn(seen: Look, rates: dict[int, Rate], pages: Pages | None = None) -> list[str]:
    """The lines of the picture."""
    stream = StringIO()
    shown = pages or Pages(queues=len(seen.backlogs or ()) or 1, rows=16)
    Console(file=stream, width=120, highlight=False).print(picture(seen, rates, shown))
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_a_picture_has_totals_and_queues() -> None:
    """What waits, since when, how fast it goes, who holds it for how long; no more lines than are reckoned with."""
    lines = drawn(BUSY, RATES)
    assert lines == [
        "2026-11-21 16:17:08 UTC  3 queues, 3 locked; 1,209 waiting, lag 3 s in queue 0, lag unknown in 1",
        "entries/s: in 1,500, out 3.3; recorded so far: 10,005; dead letters: 0",
        "memory of Redis: 250 MB of 1.0 GB, 25% (peak 300 MB)",
        "spool of this machine: 12 entries, 4 kB since 1 min",
        "queue  waiting      lag   in/s  out/s  locked by               for another",
        "    0    1,204      3 s  1,500    3.3  worker-1@web01          47 s",
        "    1        0               0      0  unknown (1f0c9a7be412)  1 min",
        "    2        5  unknown      0      0  change to 8 queues      never expires",
        "page 1 of 1, queues 0 to 2",
    ]
    assert len(lines) - 3 <= LINES


def test_only_a_page_is_drawn() -> None:
    """The totals are those of all queues."""
    lines = drawn(BUSY, {}, Pages(queues=3, rows=2, page=2))
    assert lines[-2].split()[:3] == ["2", "5", "unknown"]
    assert lines[-1] == "page 2 of 2, queues 2 to 2"
    assert "1,209 waiting" in lines[0]
    assert "in -, out -" in lines[1]


def test_a_change_of_the_number_of_queues_is_said() -> None:
    """With the command that brings it to its end, should it have been interrupted."""
    changing = look(backlog(0, 1, 3.0), target=8)
    assert "qtd queues resize 8 goes on with it" in " ".join(drawn(changing, {}))
    assert (document(changing, {})["changing_to"], document(BUSY, {})["changing_to"]) == (8, None)


def test_what_is_away_is_said() -> None:
    """With the reason, and nothing that looks like numbers; text of a server can not change the picture."""
    gone = look(
        backlogs=None,
        recorded=None,
        memory=None,
        spool_known=False,
        troubles={"redis": "Redis: [bold]Connection refused", "database": "gone"},
    )
    lines = drawn(gone, {})
    assert lines == [
        "2026-11-21 16:17:08 UTC  the queues do not answer",
        "entries/s: in -, out -; recorded so far: unknown; dead letters: unknown",
        "redis: Redis: [bold]Connection refused",
        "database: gone",
    ]
    found = document(gone, {})
    assert {name for name, value in found.items() if value is not None} == {"time", "troubles"}


def test_scripts_get_all_queues() -> None:
    """Numbers in seconds and bytes; null is what is not known."""
    found = orjson.loads(orjson.dumps(document(BUSY, RATES)))
    assert (found["waiting"], found["lag_seconds"], found["locks"]) == (1209, 3.2, 3)
    assert (found["rate_in"], found["rate_out"], found["recorded_entries"]) == (1500.4, 3.26, 10_005)
    assert found["memory"] == [
        {"used_bytes": 250_000_000, "peak_bytes": 300_000_000, "max_bytes": 1_000_000_000}
    ]
    assert found["spool"] == {"entries": 12, "bytes": 4000, "since": 1_795_277_768.0}
    first, second, third = found["queues"]
    assert first == {
        "queue": 0,
        "waiting": 1204,
        "lag_seconds": 3.2,
        "lag_unknown": False,
        "rate_in": 1500.4,
        "rate_out": 3.26,
        "lock": {"token": "1f0c9a7be412:worker-1@web01", "holder": "worker-1@web01", "seconds_left": 47.0},
        "recorded_entries": 10_000,
        "last_batch": 1,
        "fence": 1,
    }
    assert second["lock"]["holder"] is None
    assert (third["lag_seconds"], third["lag_unknown"]) == (None, True)
    assert document(BUSY, {})["rate_in"] is None
