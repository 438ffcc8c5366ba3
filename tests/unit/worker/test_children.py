"""Processes that belong together; the children are small shell scripts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from threading import Event

import pytest

from qtd.log.events.process import ProcessDied
from qtd.worker.backoff import Backoff
from qtd.worker.children import SOUND_SECONDS, ChildCommand, Children
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog

#: Says that it is there by opening the first argument (a pipe), and on SIGTERM adds the second to the third (a file).
WAITS = 'trap "echo $2 >>$3; exit 0" TERM; exec 3>$1; echo >&3; while :; do sleep 0.02; done'

#: Adds a line to a file; ends with 3, but with 2 when that was the third.
DIES = "echo >>$1; test $(wc -l <$1) -lt 3 && exit 3; exit 2"


class Group:
    """Children with what they tell."""

    def __init__(self, commands: Sequence[ChildCommand], clock: FakeClock | None = None) -> None:
        self.log = KeptLog()
        self.clock = clock or FakeClock()
        self.codes: list[int] = []
        self.over = Event()
        self.children = Children(
            commands,
            backoff=lambda: Backoff(least=1, most=30, random=Random(1)),
            gone=self._gone,
            clock=self.clock,
            logger=self.log,
        )

    def _gone(self, code: int) -> None:
        self.codes.append(code)
        self.over.set()


def script(text: str, *arguments: object, stage: int = 0, final: Sequence[int] = ()) -> ChildCommand:
    """A child that runs a shell script."""
    words = ["/bin/sh", "-c", text, "sh", *map(str, arguments)]
    return ChildCommand(name="child", words=words, stage=stage, final=frozenset(final))


def pipe(folder: Path, name: str) -> Path:
    """A named pipe: reading it waits until a child has opened it, and ends when that has ended."""
    path = folder / name
    os.mkfifo(path)
    return path


def test_whoever_dies_is_replaced_after_a_pause(tmp_path: Path) -> None:
    """Each death is told and followed by a longer pause, until an exit code says that it is of no use."""
    group = Group([script(DIES, tmp_path / "lives", final=[2])])
    began = group.clock.monotonic()
    group.children.start()
    assert group.over.wait(20)
    assert group.codes == [2]
    assert [event.status for event in group.log.of(ProcessDied)] == [3, 3]
    assert 1.5 <= group.clock.monotonic() - began <= 3
    group.children.stop()
    assert (tmp_path / "lives").read_text() == "\n" * 3


def test_whoever_lived_long_is_replaced_soon(tmp_path: Path) -> None:
    """A process that dies after a minute begins with the shortest pause again."""

    class Slow(FakeClock):
        def wait(self, seconds: float, until: Event) -> bool:
            pauses.append(seconds)
            self.advance(SOUND_SECONDS)  # the next one lives as long
            return until.is_set()

        def monotonic(self) -> float:
            self.advance(SOUND_SECONDS)
            return super().monotonic()

    pauses: list[float] = []
    group = Group([script(DIES, tmp_path / "lives", final=[2])], Slow())
    group.children.start()
    assert group.over.wait(20)
    group.children.stop()
    assert len(pauses) == 2
    assert all(pause <= 1 for pause in pauses)


def test_a_stop_goes_by_stages(tmp_path: Path) -> None:
    """The endpoint has ended before the workers are asked to, whatever the order in which they are named."""
    told = tmp_path / "told"
    first, second = pipe(tmp_path, "first"), pipe(tmp_path, "second")
    group = Group(
        [script(WAITS, second, "second", told, stage=1), script(WAITS, first, "first", told, stage=0)]
    )
    group.children.start()
    with first.open() as one, second.open() as two:
        one.readline()
        two.readline()
        group.children.stop()
        assert told.read_text().split() == ["first", "second"]
        assert (one.read(), two.read()) == ("", "")  # both are gone
    assert group.log.events == []
    assert group.codes == []


def test_all_can_be_killed(tmp_path: Path) -> None:
    """Ctrl-C for the second time ends them without a word."""
    told, there = tmp_path / "told", pipe(tmp_path, "there")
    group = Group([script(WAITS, there, "asked", told)])
    group.children.start()
    with there.open() as opened:
        opened.readline()
        group.children.kill()
        assert opened.read() == ""
    group.children.stop()
    assert not told.exists()
    assert group.log.events == []


def test_ctrl_c_is_only_the_parents(tmp_path: Path) -> None:
    """The terminal's interrupt, which reaches the whole group, does not reach the children; SIGTERM does."""
    status = pipe(tmp_path, "status")
    group = Group([ChildCommand(name="child", words=[sys.executable, "-c", TELLS_BLOCKED, str(status)])])
    group.children.start()
    blocked = [int(number) for number in status.read_text().split()]
    group.children.stop()
    assert blocked == [signal.SIGINT]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()  # the parent's own mask is as it was


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_machine_that_starts_no_process_ends_the_group() -> None:
    """Where not even the command can be started, the group is over instead of running on without it."""
    group = Group([ChildCommand(name="child", words=["/nonexistent"])])
    group.children.start()
    assert group.over.wait(20)
    group.children.stop()
    assert group.codes == [1]


TELLS_BLOCKED = """
import signal, sys
with open(sys.argv[1], "w") as status:
    print(*map(int, signal.pthread_sigmask(signal.SIG_BLOCK, [])), file=status)
signal.pause()
"""

PARENT = """
import sys
from pathlib import Path
from qtd.clock import SystemClock
from qtd.log.logger import get_logger
from qtd.worker.children import ChildCommand, Children
child = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
Children([ChildCommand(name="child", words=child)], backoff=lambda: None, gone=print, clock=SystemClock(),
         logger=get_logger("test")).start()
sys.stdin.read()
"""

CHILD = """
import os, signal, sys
from qtd.worker.parent import PARENT, end_with_parent
end_with_parent()
assert PARENT not in os.environ
pipe = open(sys.argv[1], "w")
print(os.getpid(), file=pipe, flush=True)
signal.pause()
"""


def test_children_do_not_outlive_their_parent(tmp_path: Path) -> None:
    """Even a parent that is killed leaves nobody behind who would hold its port."""
    there = pipe(tmp_path, "there")
    command = [sys.executable, "-c", PARENT, CHILD, str(there)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as parent, there.open() as opened:
        assert int(opened.readline()) != parent.pid
        parent.kill()
        parent.wait(20)
        assert opened.read() == ""  # the child has ended


def test_a_parent_that_is_gone_already_is_noticed() -> None:
    """Whoever starts when his parent has died already ends, too: the kernel would not tell him any more."""
    text = "from qtd.worker.parent import end_with_parent; end_with_parent(); print('lives')"
    orphan = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "QTD_ENDS_WITH_PROCESS": "1"},
        capture_output=True,
        check=False,
    )
    assert orphan.returncode == -signal.SIGTERM
    assert orphan.stdout == b""
