from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from qtd.demo.display import LiveDisplay, PlainDisplay, open_display, picture
from qtd.demo.sample import QueueSample, Sample

SAMPLE = Sample(
    elapsed=12.3,
    phase="visitors",
    sent=2500,
    accepted=2401,
    refused=7,
    unavailable=0,
    recorded=2000,
    excluded=78,
    dead=3,
    rules={"bot": 78},
    rate_in=200.4,
    rate_out=180.0,
    queues=(
        QueueSample(waiting=300, lag=1.5, locked=True),
        QueueSample(waiting=20, lag=0.5, locked=False),
    ),
    memory=157_000_000,
)


def console(*, terminal: bool) -> Console:
    """A console in memory."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)


def text_of(console: Console) -> str:
    """What was written to it."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_elsewhere_than_on_a_terminal_it_is_one_line() -> None:
    """Everything is in one line, however long it gets."""
    plain = console(terminal=False)
    display = open_display(plain)
    assert isinstance(display, PlainDisplay)
    with display:
        display.show(replace(SAMPLE, trouble={"batch_retried": 2}))
    assert text_of(plain) == (
        "   12 s  in 200/s  out 180/s  accepted 2,401  recorded 2,000  excluded 78  dead 3  waiting 320"
        "  lag 1.5 s  memory 157 MB  in the log: 2 x batch_retried\n"
    )


def test_on_a_terminal_it_is_a_picture_that_stays() -> None:
    """The last picture is what remains on the terminal."""
    terminal = console(terminal=True)
    display = open_display(terminal)
    assert isinstance(display, LiveDisplay)
    with display:
        display.show(replace(SAMPLE, accepted=1))
        display.show(SAMPLE)
    assert "2,401" in text_of(terminal)


@pytest.mark.parametrize(
    "wanted", ["12.3 s", "visitors are surfing", "2,401", "2,000", "320", "78", "157 MB", "1.5 s", "━" * 24]
)
def test_picture_has_all_figures(wanted: str) -> None:
    """Time, phase, numbers, rates, memory and a bar for each queue are in it."""
    plain = console(terminal=False)
    plain.print(picture(SAMPLE))
    assert wanted in text_of(plain)


def test_picture_without_a_broker() -> None:
    """When the broker does not answer, that is what is shown."""
    plain = console(terminal=False)
    plain.print(picture(replace(SAMPLE, queues=())))
    assert "does not answer" in text_of(plain)
