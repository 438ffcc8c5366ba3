"""A look for people: totals, what is wrong, and a page of the queues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from qtd.cli.monitor.look import Look, Recorded
from qtd.cli.monitor.pages import Pages
from qtd.cli.monitor.rates import Rate, total
from qtd.cli.queue_text import holder_text, lag_text, left_text, span
from qtd.queue.lag import Backlog
from qtd.queue.redis_memory import ServerMemory

#: Lines of the picture beside those of queues and troubles.
LINES: Final = 7

KEYS: Final = "arrows, 0-9 , . turn pages; q ends"


def picture(look: Look, rates: Mapping[int, Rate], pages: Pages, *, hint: str = "") -> RenderableType:
    """Return the picture; `hint` says what can be done."""
    parts: list[RenderableType] = [*_totals(look, rates)]
    if look.target is not None:
        change = (
            f"the number of queues is being changed to {look.target}; queues are locked until that is done"
        )
        parts.append(Text(f"{change} (qtd queues resize {look.target} goes on with it)", "yellow"))
    parts += [Text(f"{name}: {cause}", "yellow") for name, cause in look.troubles.items()]
    if look.backlogs is not None:
        parts.append(_queues(look.backlogs, rates, pages))
        shown = pages.shown
        where = (
            f"page {min(pages.page, pages.count)} of {pages.count}, queues {shown.start} to {shown.stop - 1}"
        )
        parts.append(Text(f"{where}; {hint}" if hint else where, "dim"))
    return Group(*parts)


def _totals(look: Look, rates: Mapping[int, Rate]) -> Iterator[Text]:
    time = datetime.fromtimestamp(look.time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    backlogs, recorded, rate = look.backlogs, look.recorded, total(rates)
    if backlogs is None:
        yield Text(f"{time}  the queues do not answer", "bold red")
    else:
        waiting = sum(backlog.state.waiting for backlog in backlogs)
        locks = sum(backlog.state.lock_holder is not None for backlog in backlogs)
        yield Text.assemble(
            f"{time}  {len(backlogs)} queues, {locks} locked; ",
            (f"{waiting:,} waiting", "bold"),
            _worst(backlogs),
        )
    into, out = _number(rate.into if rate else None), _number(rate.out if rate else None)
    entries = "unknown" if recorded is None else f"{_entries(recorded):,}"
    letters = "unknown" if recorded is None else f"{recorded.dead_letters:,}"
    yield Text.assemble(
        f"entries/s: in {into}, out {out}; recorded so far: {entries}; ",
        (f"dead letters: {letters}", "red" if recorded is not None and recorded.dead_letters else ""),
    )
    if look.memory:
        yield Text(f"memory of Redis: {'; '.join(map(_memory, look.memory))}")
    if look.spool_known:
        yield _spool(look)


def _entries(recorded: Recorded) -> int:
    return sum(totals.entries for totals in recorded.totals.values())


def _worst(backlogs: tuple[Backlog, ...]) -> str:
    unknown = sum(backlog.lag_unknown for backlog in backlogs)
    known = [backlog for backlog in backlogs if backlog.lag is not None]
    text = ""
    if known:
        worst = max(known, key=lambda backlog: backlog.lag or 0.0)
        text = f", lag {lag_text(worst)} in queue {worst.state.queue}"
    return f"{text}, lag unknown in {unknown}" if unknown else text


def _queues(backlogs: tuple[Backlog, ...], rates: Mapping[int, Rate], pages: Pages) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="reverse")
    for name in ("queue", "waiting", "lag", "in/s", "out/s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("locked by", no_wrap=True)
    table.add_column("for another", no_wrap=True)
    for queue in pages.shown:
        backlog, rate = backlogs[queue], rates.get(queue)
        state = backlog.state
        held = state.lock_holder is not None
        table.add_row(
            str(queue),
            f"{state.waiting:,}",
            Text(lag_text(backlog), "yellow" if backlog.lag_unknown else ""),
            _number(rate.into if rate else None),
            _number(rate.out if rate else None),
            Text(holder_text(state.lock_holder) if state.lock_holder is not None else ""),
            Text(
                left_text(state.lock_seconds_left) if held else "", "" if state.lock_seconds_left else "red"
            ),
        )
    return table


def _number(rate: float | None) -> str:
    """Return a rate; nothing before it is known."""
    if rate is None:
        return "-"
    return f"{rate:,.0f}" if rate >= 10 or not rate else f"{rate:.1f}"


def _spool(look: Look) -> Text:
    spool = look.spool
    if spool is None:
        return Text("spool of this machine: none")
    if not spool.entries:
        return Text("spool of this machine: empty")
    since = f" since {span(max(look.time - spool.since, 0))}" if spool.since is not None else ""
    return Text(f"spool of this machine: {spool.entries:,} entries, {_bytes(spool.bytes)}{since}", "yellow")


def _memory(memory: ServerMemory) -> str:
    if memory.most is None:
        return f"{_bytes(memory.used)} (peak {_bytes(memory.peak)}), no limit"
    share = memory.used / memory.most
    return f"{_bytes(memory.used)} of {_bytes(memory.most)}, {share:.0%} (peak {_bytes(memory.peak)})"


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.1f} GB"
