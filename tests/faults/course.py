"""A course of rounds: grounds made when they are needed, and again after a round that failed."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.faults.ground import Ground, SingleRedis, new_folder
from tests.faults.kinds import KINDS
from tests.faults.kinds.kind import Kind
from tests.faults.plan import Plan, plan_of
from tests.faults.reference import Undisturbed
from tests.faults.rounds import Played, play
from tests.faults.verdict import Verdict
from tests.servers.mariadb import FAST, MariaDbServer
from tests.servers.process import ServerError


class Course:
    """Plays rounds and keeps count."""

    def __init__(self, folder: Path, *, show: Callable[[str], None]) -> None:
        """`show` is given a line at a time."""
        self._folder = folder
        self._show = show
        self._closing = ExitStack()
        self._mariadb: MariaDbServer | None = None
        self._undisturbed: Undisturbed | None = None
        self._grounds: dict[type[Ground], Ground] = {}
        self.total = Verdict()
        #: rounds by kind
        self.kinds: Counter[str] = Counter()
        #: kinds that could not be tried here, and why
        self.skipped: dict[str, str] = {}
        self.failed: list[Plan] = []

    def run(self, plans: Sequence[Plan]) -> None:
        """Play all."""
        for plan in plans:
            self._round(plan)

    def close(self) -> None:
        """End all that runs."""
        for ground in self._grounds.values():
            ground.close()
        self._grounds.clear()
        self._closing.close()
        self._mariadb = None

    def lines(self) -> Iterator[str]:
        """The result."""
        yield ""
        width = max(map(len, self.kinds), default=0)
        for name, count in sorted(self.kinds.items()):
            yield f"{name:{width}}  {count:5} rounds"
        for name, reason in self.skipped.items():
            yield f"{name:{width}}  skipped: {reason}"
        yield ""
        yield self.total.summary()

    def _round(self, plan: Plan) -> None:
        began = time.monotonic()
        try:
            ground = self._ground(plan)
            if any(kind.needs_small_disk for kind in plan.kinds) and not ground.small_disk:
                for kind in plan.kinds:
                    if kind.needs_small_disk:
                        self.skipped[kind.name] = "needs a small disk of its own, which only root may mount"
                return
            assert self._undisturbed is not None
            played = play(plan, ground, self._undisturbed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the round has failed, and the others go on
            wrong = (
                str(error) if isinstance(error, ServerError) else "".join(traceback.format_exception(error))
            )
            played = Played(
                plan=plan,
                faults=" + ".join(kind.name for kind in plan.kinds),
                verdict=Verdict(wrong=[wrong]),
                seconds=time.monotonic() - began,
            )
        self._count(played)

    def _count(self, played: Played) -> None:
        plan, verdict = played.plan, played.verdict
        self.kinds.update(kind.name for kind in plan.kinds)
        self.total.add(verdict)
        self._show(
            f"round {plan.number:3}  seed {plan.seed}  accepted {verdict.accepted:3}  {played.seconds:4.1f} s"
            f"  {'ok' if verdict.kept else 'FAILED'}  {played.faults}"
        )
        if verdict.kept:
            return
        self.failed.append(plan)
        for line in verdict.wrong:
            self._show(f"    {line}")
        self.close()  # what is wrong in the tables or stuck in a queue must not be blamed on the next round

    def _ground(self, plan: Plan) -> Ground:
        wanted = next((kind.ground for kind in plan.kinds if kind.ground is not None), SingleRedis)
        mariadb = self._database()
        if wanted not in self._grounds:
            ground = wanted(new_folder(self._folder, wanted.__name__.lower()), mariadb)
            self._grounds[wanted] = ground
            ground.start()
        return self._grounds[wanted]

    def _database(self) -> MariaDbServer:
        if self._mariadb is None:
            self._mariadb = MariaDbServer(new_folder(self._folder, "mariadb"), FAST)
            self._closing.callback(self._mariadb.kill)
            self._mariadb.start()
            outside = None if self._undisturbed is None else self._undisturbed.outside
            self._undisturbed = Undisturbed(self._mariadb, outside)
            self._closing.callback(self._undisturbed.close)
        return self._mariadb


def run_course(
    *, seed: int, rounds: Sequence[int], kinds: Sequence[Kind] = KINDS, show: Callable[[str], None]
) -> Course:
    """Play these rounds of a seed, and say how it went; where one failed, the folder with all logs is kept."""
    with _folder() as folder:
        course = Course(folder, show=show)
        try:
            course.run([plan_of(seed, number, kinds) for number in rounds])
        finally:
            course.close()
        for line in course.lines():
            show(line)
        if not course.failed:
            shutil.rmtree(folder)
            return course
        for plan in course.failed:
            more = f" KIND={kinds[0].name}" if len(kinds) == 1 else ""
            show(f"round {plan.number} again: make faults SEED={seed} ROUND={plan.number}{more}")
        show(f"logs: {folder}")
        return course


@contextmanager
def _folder() -> Iterator[Path]:
    yield Path(tempfile.mkdtemp(prefix="qtd-faults-"))
