"""The clients of a measurement, in a process of their own: wrk where it is installed, else ours."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import shutil
import subprocess
import time
from array import array
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from statistics import quantiles

import uvloop

from qtd.demo.http_client import HttpConnection, NoAnswer
from qtd.errors import QtdError


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What the clients saw."""

    #: answers with success
    requests: int
    #: how long it took
    seconds: float
    #: answers without success, connections that broke
    errors: int
    #: milliseconds to the answer: half of them, 99 of a hundred
    p50: float
    p99: float
    #: seconds of processor time that the clients took
    cpu_seconds: float


def wrk_is_there() -> bool:
    """Whether wrk is installed; it takes less of the machine than we do."""
    return shutil.which("wrk") is not None


def load_with_wrk(port: int, requests: Path, *, connections: int, seconds: float) -> Load:
    """Send the requests of a file for some seconds (wrk knows whole ones only).

    Raises QtdError where wrk fails.
    """
    before = _children_cpu()
    with as_file(files("qtd.cli.bench") / "wrk.lua") as script:
        done = subprocess.run(  # noqa: S603 - wrk, with our arguments
            [
                shutil.which("wrk") or "wrk",
                *("-t", "1", "-c", str(connections), "-d", f"{max(round(seconds), 1)}s"),
                *("-s", str(script), f"http://127.0.0.1:{port}/", "--", str(requests)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if result is None:
        raise QtdError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    count, microseconds, broken, statuses, p50, p99 = map(int, result.split()[1:])
    return Load(
        requests=count - statuses,
        seconds=microseconds / 1e6,
        errors=broken + statuses,
        p50=p50 / 1e3,
        p99=p99 / 1e3,
        cpu_seconds=_children_cpu() - before,
    )


def load_with_ours(port: int, requests: Path, *, connections: int, seconds: float) -> Load:
    """The same, with our own client in another process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_drive, port, _split(requests.read_bytes()), connections, seconds).result()


def _drive(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_send(port, requests, connections, seconds))


async def _send(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    now = time.perf_counter  # the loop's own clock counts milliseconds
    latencies = array("d")
    errors = 0
    cpu = time.process_time()
    began = now()
    end = began + seconds

    async def send_one_after_the_other(place: int) -> None:
        nonlocal errors
        connection = HttpConnection("127.0.0.1", port)
        while (sent := now()) < end:
            place = (place + 1) % len(requests)
            try:
                response = await connection.send(requests[place])
            except NoAnswer:
                errors += 1
                connection = HttpConnection("127.0.0.1", port)
                continue
            if response.status >= 400:
                errors += 1
            else:
                latencies.append(now() - sent)
        connection.close()

    step = max(len(requests) // connections, 1)
    with suppress(OSError):  # nobody listens any more: then there are errors, or no answers at all
        await asyncio.gather(*(send_one_after_the_other(number * step) for number in range(connections)))
    cuts = quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    return Load(
        requests=len(latencies),
        seconds=now() - began,
        errors=errors,
        p50=cuts[49] * 1e3,
        p99=cuts[98] * 1e3,
        cpu_seconds=time.process_time() - cpu,
    )


def _split(text: bytes) -> list[bytes]:
    return [request + b"\r\n\r\n" for request in text.split(b"\r\n\r\n") if request]


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
