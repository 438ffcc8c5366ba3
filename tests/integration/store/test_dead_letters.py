"""Dead letters: tried again, given up, and kept within bounds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from sqlalchemy import Engine

from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.errors import DatabaseConflict
from qtd.log.events.dead_letters import DeadLettersExpiring
from qtd.store.counters import Counters
from qtd.store.dead_letter_bounds import LOOK_SECONDS, DeadLetterBounds
from qtd.store.dead_letters import Buried, DeadLetter, DeadLetters, Selection
from qtd.store.drop import drop
from qtd.store.remarks import RemarkWriter
from qtd.store.retry import Retried, Retry
from qtd.store.tally import Stage
from tests.fake_clock import FakeClock
from tests.integration.store.rows import NOW, rows
from tests.integration.store.test_counters import counted
from tests.integration.store.test_native import NoDevices, entry, native, pages
from tests.kept_log import KeptLog

HOUR = 3600


def retry(engine: Engine, clock: FakeClock) -> Retry:
    """As the command has it."""
    application = native(engine, clock=clock)._application
    return Retry(
        engine, "m_", settings=application._settings, outside=application._outside, clock=clock, keep=Keep()
    )


def letters(engine: Engine) -> list[DeadLetter]:
    """All there are."""
    return list(DeadLetters(engine, "m_").select(Selection()))


@pytest.fixture
def cured(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Bury an entry because of a bug, record what came after it, and mend the bug; give the time an hour later."""
    native(engine, clock=FakeClock(NOW + 60)).record(0, [entry(1, agent="bug"), entry(2)], fence=None)
    monkeypatch.setattr(NoDevices, "detect", lambda *_: native.__globals__["Device"]())
    return FakeClock(NOW + HOUR)


def test_a_retry_records_at_the_original_time(engine: Engine, cured: FakeClock) -> None:
    """As if it had been recorded in its turn: the row has the hit's time; the letter is gone, the counters moved."""
    (letter,) = letters(engine)
    assert retry(engine, cured).retry(letter) is Retried.APPLIED
    assert letters(engine) == []
    assert pages(engine) == ["2", "1"]
    times = rows(engine, "SELECT server_time FROM m_log_link_visit_action ORDER BY idlink_va")
    assert [str(time)[17:19] for (time,) in times] == [f"{(NOW + n) % 60:02}" for n in (2, 1)]
    (counts,) = counted(engine).values()
    assert counts == {"taken": 2, "recorded": 2, "visits": 1, "actions": 2}


def test_a_letter_is_retried_once(engine: Engine, cured: FakeClock) -> None:
    """Two operators at the same moment, or one who is told that a commit failed: the second finds it gone."""
    (letter,) = letters(engine)
    retries = [retry(engine, cured) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda one: one.retry(letter), retries))
    assert sorted(result.value for result in results) == ["applied", "gone"]
    assert sorted(pages(engine)) == ["1", "2"]
    assert native(engine).record(0, [entry(1, agent="bug")], fence=None).repeated == 1


def test_a_retry_in_vain_is_one_more_attempt(engine: Engine) -> None:
    """The letter stays with its bytes, time and counters; cause and number of attempts are the newest."""
    native(engine, clock=FakeClock(NOW)).record(0, [entry(1, agent="bug"), b"{broken"], fence=None)
    before = counted(engine)
    again = retry(engine, FakeClock(NOW + HOUR))
    assert [again.retry(letter) for letter in letters(engine)] == [Retried.DEAD] * 2
    assert [(one.attempts, one.time) for one in letters(engine)] == [(2, NOW), (2, NOW)]
    assert {one.cause.split()[0] for one in letters(engine)} == {"ZeroDivisionError", "the"}
    assert pages(engine) == []
    assert counted(engine) == before


def test_an_outage_during_a_retry_changes_nothing(
    engine: Engine, cured: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is nobody's fault: the letter keeps its number of attempts and is retried later."""
    (letter,) = letters(engine)
    with monkeypatch.context() as patch:

        def deadlock(*_: object, **__: object) -> None:
            raise DatabaseConflict

        patch.setattr(RemarkWriter, "write", deadlock)
        with pytest.raises(DatabaseConflict):
            retry(engine, cured).retry(letter)
    assert letters(engine) == [letter]
    assert pages(engine) == ["2"]


def test_dropping_is_counted(engine: Engine) -> None:
    """What was given up for good is told from what may still be retried; a letter is dropped once."""
    several = {**orjson.loads(entry(1))}
    several["requests"] *= 2
    native(engine, clock=FakeClock(NOW)).record(
        0, [orjson.dumps(several)[:-1] + b' "', entry(1, agent="bug")], fence=None
    )
    found = letters(engine)
    counters = Counters(engine, "m_", clock=FakeClock(NOW), days=14)
    for expected in (2, 0):
        assert len(drop(engine, DeadLetters(engine, "m_"), counters, found)) == expected
    assert letters(engine) == []
    assert counted(engine) == {(0, 0): {"taken": 1, "dropped": 1}, (1, 0): {"taken": 1, "dropped": 1}}


class Bounded:
    """Letters that die one by one, a hundred at most, none older than ten days."""

    def __init__(self, engine: Engine) -> None:
        self.clock, self.log = FakeClock(NOW), KeptLog()
        self._engine = engine
        self._letters = DeadLetters(engine, "m_")
        counters = Counters(engine, "m_", clock=self.clock, days=14)
        self.bounds = DeadLetterBounds(
            engine,
            "m_",
            keep=Keep(dead_letters=100, dead_letters_days=10),
            counters=counters,
            clock=self.clock,
            logger=self.log,
        )

    def die(self, count: int) -> None:
        """Bury so many."""
        one = Buried(entry=b"x", cause="x", places={(1, int(self.clock.now()) // 60): 1})
        with writing(self._engine) as connection:
            self._letters.add(connection, 0, [one] * count, now=self.clock.now())

    def look(self, seconds: float) -> list[str]:
        """Let time pass, and look; return what was told."""
        self.clock.advance(seconds)
        self.log.events.clear()
        self.bounds.look()
        return [f"{event.name()} {dict(event.values())['letters']}" for event in self.log.events]

    @property
    def count(self) -> int:
        """How many there are."""
        return self._letters.count()


def test_letters_beyond_the_number_are_announced_and_dropped(engine: Engine) -> None:
    """The oldest are warned of when there is little room left, and dropped an hour later, when there is none."""
    bounded = Bounded(engine)
    bounded.die(79)
    assert bounded.look(0) == []
    bounded.die(31)
    assert bounded.look(LOOK_SECONDS - 1) == []  # not yet looked again
    assert bounded.look(1) == ["dead_letters_expiring 30"]
    assert bounded.log.events == [DeadLettersExpiring(letters=30, kept=110, most_kept=100, most_days=10)]
    assert bounded.look(HOUR / 2) == []
    assert bounded.look(HOUR / 2) == ["dead_letters_dropped 10"]
    assert bounded.count == 100
    assert bounded.look(HOUR) == []


def test_letters_beyond_the_age_are_announced_and_dropped(engine: Engine) -> None:
    """Also where nobody looked between: after a long stop the warning comes first, and the end an hour later."""
    bounded = Bounded(engine)
    bounded.die(3)
    bounded.clock.advance(7 * 86400)
    bounded.die(2)
    assert bounded.look(0) == []
    assert bounded.look(86400 + 1) == ["dead_letters_expiring 3"]
    assert bounded.look(2 * 86400) == ["dead_letters_dropped 3"]
    assert sum(counts.get(Stage.DROPPED, 0) for counts in counted(engine).values()) == 3
    assert bounded.count == 2
    assert bounded.look(30 * 86400) == ["dead_letters_expiring 2"]
    assert bounded.look(HOUR) == ["dead_letters_dropped 2"]
