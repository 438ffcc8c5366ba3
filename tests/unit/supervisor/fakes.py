"""A runtime whose workers are as a test says."""

from __future__ import annotations

from collections.abc import Mapping

from qtd.errors import ServiceManagerUnavailable
from qtd.supervisor.demand import Demand, QueueDemand
from qtd.supervisor.runtime import Phase, WorkerState

RUNS = WorkerState(phase=Phase.RUNNING)


class FakeRuntime:
    """`qtd.supervisor.runtime.Runtime`: what is started runs at once, and everything asked for is kept."""

    name = "fake"

    def __init__(self) -> None:
        self.found: dict[int, WorkerState] = {}
        self.asked: list[tuple[str, int]] = []
        self.away = False
        self.closed = False

    def workers(self) -> Mapping[int, WorkerState]:
        """Those that run."""
        if self.away:
            raise ServiceManagerUnavailable("bus is away")
        return dict(self.found)

    def start(self, worker: int) -> None:
        """Start."""
        self.asked.append(("start", worker))
        self.found[worker] = RUNS

    def stop(self, worker: int) -> None:
        """Stop."""
        self.asked.append(("stop", worker))
        del self.found[worker]

    def restart(self, worker: int) -> None:
        """Begin to restart; the test says when it runs again."""
        self.asked.append(("restart", worker))
        self.found[worker] = WorkerState(phase=Phase.STARTING)

    def show_stack(self, worker: int) -> None:
        """Show."""
        self.asked.append(("stack", worker))

    def close(self) -> None:
        """Note the end."""
        self.closed = True


def demand(*lags: float, heads: str = "") -> Demand:
    """Queues whose oldest entries are so old; 0: nothing waits. `heads`: a letter for each head."""
    return Demand(
        queues=tuple(
            QueueDemand(
                queue=number,
                waiting=int(lag > 0),
                lag=lag,
                head=(heads[number] if heads else str(lag)).encode() if lag else None,
                held_for_ever=False,
            )
            for number, lag in enumerate(lags)
        )
    )
