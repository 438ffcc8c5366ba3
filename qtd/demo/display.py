"""Shows how the demo goes: a live picture on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from qtd.demo.sample import Sample

#: Seconds between two looks.
LIVE_SECONDS, PLAIN_SECONDS = 0.25, 2.0

_BAR = 24
_PHASES = {"visitors": "visitors are surfing", "draining": "visitors are gone, the queues are being emptied"}


class Display(Protocol):
    """Shows samples, as a context manager."""

    #: Seconds between two looks.
    interval: float

    def show(self, sample: Sample) -> None:
        """Show the newest one."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""


def open_display(console: Console) -> Display:
    """The display that fits the console."""
    return LiveDisplay(console) if console.is_terminal else PlainDisplay(console)


class PlainDisplay:
    """One line for each look."""

    interval = PLAIN_SECONDS

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, sample: Sample) -> None:
        """Print a line."""
        text = (
            f"{sample.elapsed:5.0f} s  in {sample.rate_in:,.0f}/s  out {sample.rate_out:,.0f}/s"
            f"  accepted {sample.accepted:,}  recorded {sample.recorded:,}  excluded {sample.excluded:,}"
            f"  dead {sample.dead:,}  waiting {sample.waiting:,}  lag {sample.lag:.1f} s"
            f"  memory {_megabytes(sample.memory)}"
        )
        self._console.print(text + _trouble(sample.trouble), soft_wrap=True, highlight=False)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""


class LiveDisplay:
    """A picture that is drawn anew at each look, and stays when the demo ends."""

    interval = LIVE_SECONDS

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def show(self, sample: Sample) -> None:
        """Draw it."""
        self._live.update(picture(sample), refresh=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._live.__exit__(kind, error, trace)


def picture(sample: Sample) -> RenderableType:
    """The whole picture."""
    head = Text.assemble((f"{sample.elapsed:5.1f} s  ", "bold"), _PHASES.get(sample.phase, sample.phase))
    parts: list[RenderableType] = [head, _flow(sample), _queues(sample)]
    if sample.trouble:
        parts.append(Text(_trouble(sample.trouble).strip(), style="yellow"))
    return Group(*parts)


def _flow(sample: Sample) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(3):
        table.add_column(justify="left")
        table.add_column(justify="right")
    table.add_row(
        "accepted",
        Text(f"{sample.accepted:,}", "bold green"),
        "recorded",
        Text(f"{sample.recorded:,}", "bold green"),
        "waiting",
        f"{sample.waiting:,}",
    )
    table.add_row(
        "per second",
        f"{sample.rate_in:,.0f}",
        "per second",
        f"{sample.rate_out:,.0f}",
        "lag",
        f"{sample.lag:.1f} s",
    )
    table.add_row(
        "refused",
        f"{sample.refused:,}",
        "excluded",
        f"{sample.excluded:,}",
        "memory",
        _megabytes(sample.memory),
    )
    table.add_row(
        "unavailable",
        Text(f"{sample.unavailable:,}", "bold red" if sample.unavailable else ""),
        "dead",
        Text(f"{sample.dead:,}", "bold red" if sample.dead else ""),
        "",
        "",
    )
    return table


def _queues(sample: Sample) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("queue", justify="right")
    table.add_column("waiting", justify="right", min_width=8)
    table.add_column("lag", justify="right", min_width=7)
    table.add_column("", min_width=_BAR)
    most = max((queue.waiting for queue in sample.queues), default=0)
    for number, queue in enumerate(sample.queues):
        bar = "━" * round(_BAR * queue.waiting / max(most, 50))
        state = "cyan" if queue.locked else "dim"
        table.add_row(str(number), f"{queue.waiting:,}", f"{queue.lag:.1f} s", Text(bar, state))
    if not sample.queues:
        table.add_row("-", "the broker does not answer", "", "")
    return table


def _trouble(trouble: Mapping[str, int]) -> str:
    if not trouble:
        return ""
    return "  in the log: " + ", ".join(f"{count} x {name}" for name, count in sorted(trouble.items()))


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.0f} MB"
