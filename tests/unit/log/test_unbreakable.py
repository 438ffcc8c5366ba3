from __future__ import annotations

import io
import os

import pytest

from qtd.log import configure, get_logger
from qtd.log.events.process import Stopping
from tests.unit.log.conftest import Noon, Written


class Full(io.StringIO):
    """A disk that is full for a while."""

    full = True

    def write(self, text: str) -> int:
        """Take it, if there is room."""
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_full_disk_costs_lines_and_nothing_else(written: Written) -> None:
    """What can not be written is dropped without an error; what comes when there is room is written."""
    written.stream = disk = Full()
    written.configure()
    get_logger("cli").emit(Stopping(reason="first"))
    disk.full = False
    get_logger("cli").emit(Stopping(reason="second"))
    assert [line["reason"] for line in written.lines] == ["second"]


def test_a_reader_who_has_gone_is_not_missed(written: Written) -> None:
    """Events after the other end of a pipe was closed raise nothing, however many there are."""
    del written  # takes the log back afterwards
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    configure(stream=stream, clock=Noon())
    for _ in range(1000):
        get_logger("cli").emit(Stopping(reason="SIGTERM"))
    with pytest.raises(BrokenPipeError):  # which shows that there was one to be hidden
        stream.close()
