"""Plays a round: requests, faults in the middle of them, recovery, and the verdict on what is in the database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from qtd.cli.audit import command as audit
from qtd.clock import SystemClock
from qtd.store.recorder import Recorder
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.patience import until
from tests.faults.plan import Plan
from tests.faults.reference import Undisturbed
from tests.faults.rows import dead_letters, empty, names_twice, rows_by_visitor
from tests.faults.scene import Scene
from tests.faults.verdict import Verdict, buried, differences, judge, recorded

VISITORS = 7
CLIENTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """A round that is over."""

    plan: Plan
    #: what the dice have chosen
    faults: str
    verdict: Verdict
    seconds: float


def play(plan: Plan, ground: Ground, undisturbed: Undisturbed) -> Played:
    """Play a round.

    Raises:
        ServerError: it can not be played to its end; something is stuck.
    """
    began = time.monotonic()
    empty(ground.engine)
    now = SystemClock().now()
    crowd = Crowd(ground.port, visitors=VISITORS, clients=CLIENTS, random=plan.random("crowd"), now=now)
    scene = Scene(ground=ground, crowd=crowd, alone=len(plan.kinds) == 1)
    kinds = sorted(plan.kinds, key=lambda kind: kind.turn)
    faults = [kind.make(scene, plan.random(kind.name)) for kind in kinds]
    told = " + ".join(
        f"{kind.name} ({fault})" if str(fault) else kind.name
        for kind, fault in zip(kinds, faults, strict=True)
    )
    try:
        with crowd.visiting():
            # Each fault strikes, and is made good, in the middle of requests.
            crowd.allow(plan.before + plan.during // 2)
            crowd.until(plan.before)
            for fault in faults:
                fault.strike()
            crowd.allow(plan.during - plan.during // 2)
            crowd.finish()
            crowd.allow(plan.after // 2)
            for fault in sorted(faults, key=lambda fault: fault.heals):
                fault.heal()
            crowd.allow(plan.after - plan.after // 2)
            _until_unspooled(scene)
            crowd.finish()
        ground.drain()
    finally:
        for worker in ground.workers:
            worker.door.clear()
    verdict = _verdict(scene, undisturbed)
    return Played(plan=plan, faults=told, verdict=verdict, seconds=time.monotonic() - began)


def _until_unspooled(scene: Scene) -> None:
    """Have clients go on while the spool drains, and until it has: what comes then must not overtake anything."""

    def drained() -> bool:
        scene.crowd.allow(1)
        return not scene.ground.spooled()

    until(drained, "the spool is empty")


def _verdict(scene: Scene, undisturbed: Undisturbed) -> Verdict:
    ground, crowd = scene.ground, scene.crowd
    ground.engine.dispose()  # the server may have been killed
    tables = Recorder(ground.engine, clock=SystemClock()).tables
    found = rows_by_visitor(ground.engine, tables)
    verdict = judge(crowd.answered, found)
    verdict.wrong += crowd.surprises
    expected = undisturbed.rows(
        recorded(crowd.answered, found), config=ground.config, salts_from=ground.engine
    )
    verdict.wrong += differences(expected, found)
    verdict.wrong += buried(dead_letters(ground.engine), scene.garbage)
    if twice := names_twice(ground.engine):
        verdict.wrong.append(f"{twice} names are in log_action more than once")
    verdict.wrong += _audited(ground.config_file)
    return verdict


def _audited(config: Path) -> list[str]:
    """What `qtd audit` complains about."""
    done = CliRunner().invoke(audit, ["--config", str(config)])
    return [] if done.exit_code == 0 else [f"qtd audit: exit code {done.exit_code}: {done.output}"]
