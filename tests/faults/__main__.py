"""`make faults`: rounds of faults against real servers, as many as are asked for."""

from __future__ import annotations

import signal
import sys

import click

from tests.faults.course import run_course
from tests.faults.kinds import KINDS


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="What the rounds are drawn from.")
@click.option("--rounds", type=click.IntRange(1), default=50, show_default=True, help="How many.")
@click.option("--round", "only", type=click.IntRange(1), help="Only the round of this number.")
@click.option("--kind", type=click.Choice([kind.name for kind in KINDS]), help="Only this kind of fault.")
def main(*, seed: int, rounds: int, only: int | None, kind: str | None) -> None:
    """Kill, stall, cut, fill up and fail over, and compare what was accepted with what is in the database."""
    # Servers and the small disk are not to outlive whoever asks the course to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    course = run_course(
        seed=seed,
        rounds=[only] if only else range(1, rounds + 1),
        kinds=[one for one in KINDS if kind in (None, one.name)],
        show=click.echo,
    )
    sys.exit(1 if course.failed else 0)


if __name__ == "__main__":
    main()
