"""The monitor on a terminal: looks in a thread of their own, so that keys work while a server does not answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from queue import SimpleQueue
from select import select
from threading import Event, Thread
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from qtd.cli.monitor.keyboard import Keyboard
from qtd.cli.monitor.look import Look
from qtd.cli.monitor.pages import QUIT, Pages, keys
from qtd.cli.monitor.picture import KEYS, LINES, picture
from qtd.cli.monitor.rates import Rate, Rates
from qtd.clock import Clock

#: Seconds that the end waits for a look that is under way.
_PATIENCE: Final = 0.5


class LiveMonitor:
    """Draws the newest look anew, whenever there is one or a key was pressed."""

    def __init__(
        self,
        console: Console,
        look: Callable[[], Look],
        pages: Pages,
        *,
        keyboard: Keyboard | None,
        interval: float,
        clock: Clock,
    ) -> None:
        """Keys come from `keyboard`, or there are none; `interval` is the pause between two looks in seconds."""
        self._console = console
        self._look = look
        self._pages = pages
        self._keyboard = keyboard
        self._interval = interval
        self._clock = clock
        self._looks: SimpleQueue[Look | Exception] = SimpleQueue()
        self._readable, self._writable = os.pipe()
        self._stop = Event()
        self._rates = Rates()
        self._newest: tuple[Look, Mapping[int, Rate]] | None = None

    def run(self, iterations: int | None) -> None:
        """Show so many looks, or all until `q` is pressed or the terminal is gone."""
        thread = Thread(target=self._look_on, name="look", daemon=True)
        shown = 0
        try:
            with self._keyboard or nullcontext(), self._live() as live:
                thread.start()
                while iterations is None or shown < iterations:
                    ready = self._something()
                    if self._readable in ready:
                        self._take()
                        shown += 1
                    if len(ready) > (self._readable in ready) and not self._press():
                        return
                    if self._newest is not None:
                        live.update(self._drawn(*self._newest), refresh=True)
        finally:
            self._stop.set()
            if thread.ident is not None:
                thread.join(_PATIENCE)
            if not thread.is_alive():
                os.close(self._readable)
                os.close(self._writable)

    def _live(self) -> Live:
        return Live(console=self._console, auto_refresh=False, vertical_overflow="crop")

    def _look_on(self) -> None:
        while True:
            try:
                self._looks.put(self._look())
            except Exception as error:  # noqa: BLE001 - a mistake of ours ends the monitor, not just this thread
                self._looks.put(error)
            os.write(self._writable, b".")
            if self._clock.wait(self._interval, self._stop):
                return

    def _something(self) -> list[int]:
        """Wait for a look or a key; return what there is to read from."""
        descriptors = [self._readable]
        if self._keyboard is not None:
            descriptors.append(self._keyboard.descriptor)
        return select(descriptors, [], [])[0]

    def _take(self) -> None:
        os.read(self._readable, 1)
        found = self._looks.get()
        if isinstance(found, Exception):
            raise found
        self._newest = found, self._rates.add(found)
        self._pages = self._pages.of(found.queues)

    def _press(self) -> bool:
        """Do what the keys say; False where that is to end."""
        typed = self._keyboard.typed() if self._keyboard is not None else None
        if typed is None:
            return False
        for key in keys(typed):
            if key == QUIT:
                return False
            self._pages = self._fitting().press(key)
        return True

    def _fitting(self) -> Pages:
        troubles = len(self._newest[0].troubles) if self._newest is not None else 0
        return self._pages.fitting(self._console.size.height - LINES - troubles)

    def _drawn(self, look: Look, rates: Mapping[int, Rate]) -> RenderableType:
        hint = KEYS if self._keyboard is not None else ""
        return picture(look, rates, self._fitting(), hint=hint)
