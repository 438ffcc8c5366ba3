"""The demo's last word: the balance, what lies in the database, and how to look at it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table
from rich.text import Text

from qtd.demo import rows
from qtd.demo.balance import Balance
from qtd.demo.clients import Promises

_RULE_TEXTS = {
    "bot": "bots",
    "referrer_spam": "referrer spam",
    "not_recorded": "without rec=1",
    "unknown_site": "unknown site",
    "prefetch": "prefetching",
}


def show_report(
    console: Console,
    *,
    folder: Path,
    database: Path,
    config_file: Path,
    balance: Balance,
    promises: Promises,
    rules: Mapping[str, int],
    seconds: float,
) -> None:
    """Print all of it."""
    _tops(console, database)
    _balance(console, balance, promises, rules, seconds)
    counts = rows.counts(database)
    _say(console, "Rows: " + ", ".join(f"{number:,} {table}" for table, number in counts.items()) + ".")
    _say(console, f"All of it is kept in {folder}: qtd.yaml, qtd.log, queues.sqlite3, matomo.sqlite3.")
    again = f"qtd serve --with-worker --config {shlex.quote(str(config_file))}"
    for title, command in (*rows.look_commands(database), ("The same endpoint and workers again", again)):
        console.print(f"\n{title}:")
        console.print(Text(command), soft_wrap=True)  # in one piece and not marked up: it is to be copied


def _tops(console: Console, database: Path) -> None:
    for top in rows.tops(database):
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column(top.title, width=56, no_wrap=True, overflow="ellipsis")
        table.add_column(top.counted, justify="right")
        for name, number in top.rows:
            table.add_row(Text(name), f"{number:,}")
        console.print()
        console.print(table)
    console.print()


def _balance(
    console: Console, balance: Balance, promises: Promises, rules: Mapping[str, int], seconds: float
) -> None:
    why = ", ".join(f"{_RULE_TEXTS.get(rule, rule)} {count:,}" for rule, count in sorted_by_count(rules))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row(
        "accepted", f"{balance.accepted:,}", f"by the clients' count of answers, in {seconds:.1f} s"
    )
    table.add_row("= recorded", f"{balance.recorded:,}", "rows are in the database")
    table.add_row("+ excluded", f"{balance.excluded:,}", why)
    table.add_row("+ dead", f"{balance.dead:,}", "in the dead letters")
    table.add_row("+ waiting", f"{balance.waiting:,}", "in the queues")
    console.print(table)
    if balance.adds_up:
        console.print(Text("The balance adds up: every accepted request is accounted for.", "bold green"))
    else:
        missing = balance.difference
        what = "were accepted and are nowhere" if missing > 0 else "are there and were never accepted"
        console.print(Text(f"The balance does not add up: {abs(missing):,} requests {what}.", "bold red"))
    answers = f"{promises.refused:,} refused as broken, {promises.unavailable:,} unavailable (503)"
    if promises.unanswered:
        answers += f", {promises.unanswered:,} without an answer"
    _say(console, f"HTTP requests: {promises.sent:,} sent, {answers}.{_latency(promises)}")


def _say(console: Console, text: str) -> None:
    """A sentence: wrapped between words on a terminal, in one line elsewhere."""
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def sorted_by_count(rules: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return sorted(rules.items(), key=lambda reason: (-reason[1], reason[0]))


def _latency(promises: Promises) -> str:
    if len(promises.latencies) < 100:
        return ""
    cuts = quantiles(promises.latencies, n=100)
    return f" Half were answered within {cuts[49] * 1e3:.1f} ms, 99 % within {cuts[98] * 1e3:.1f} ms."
