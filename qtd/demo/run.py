"""The demo from beginning to end: folder, processes, visitors, an empty queue, the balance."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from qtd.clock import SystemClock
from qtd.demo import rows
from qtd.demo.balance import Balance, requests_in
from qtd.demo.clients import Clients, Promises
from qtd.demo.course import Course
from qtd.demo.crowd import Crowd
from qtd.demo.folder import HOST, DemoFolder, make_folder
from qtd.demo.log_tail import LogTail
from qtd.demo.report import show_report
from qtd.demo.service import Service, ServiceFailed
from qtd.demo.site import load_sites
from qtd.queue.contract import Queues
from qtd.queue.open import open_queues

#: What a rate of 0 is taken for when it is guessed how many requests a run will have.
_GUESSED_RATE = 3000
#: Requests for each visitor of the standard number of visitors.
_REQUESTS_PER_VISITOR = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOptions:
    """What is asked for."""

    folder: Path
    #: what starts endpoint and workers, without `--config FILE`
    serve: Sequence[str]
    seconds: float
    #: HTTP requests per second, 0: as many as are answered
    rate: float
    #: most visitors that come back, null: as fits the number of requests
    visitors: int | None
    queues: int
    workers: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How it ended."""

    balance: Balance
    #: from the first request to the last recorded one
    seconds: float


def run_demo(options: DemoOptions, console: Console) -> Outcome:
    """Run the demo.

    Raises:
        ConfigurationError: the folder can not be used.
        ServiceFailed: endpoint or workers ended by themselves.
    """
    sites = load_sites()
    folder = make_folder(options.folder, sites=sites, queues=options.queues, workers=options.workers)
    for what, where in (
        ("Endpoint", f"http://{HOST}:{folder.port}/matomo.php"),
        ("Folder", str(folder.path)),
    ):
        console.print(f"{what:9}{where}", soft_wrap=True, highlight=False)
    clock = SystemClock()
    expected = round((options.rate or _GUESSED_RATE) * options.seconds)
    crowd = Crowd(
        seed=options.seed,
        sites=sites,
        visitors=options.visitors or max(expected // _REQUESTS_PER_VISITOR, 20),
        requests=expected,
        end=clock.now(),
        host=f"{HOST}:{folder.port}",
    )
    queues = open_queues(folder.config)
    service = Service([*options.serve, "--config", str(folder.config_file)], log=folder.log)
    log = LogTail(folder.log)
    try:
        clients = Clients(crowd, host=HOST, port=folder.port, rate=options.rate)
        course = Course(clients=clients, service=service, queues=queues, log=log, seconds=options.seconds)
        seconds = asyncio.run(course.run(console))
        service.stop()
        log.read()
        balance = _balance(clients.promises, log, queues, folder)
    except ServiceFailed as error:
        log.read()
        raise ServiceFailed("\n".join([f"{error}; last words in {folder.log}:", *log.last_words])) from None
    finally:
        service.kill()
        queues.close()
    show_report(
        console,
        folder=folder.path,
        database=folder.database,
        config_file=folder.config_file,
        balance=balance,
        promises=clients.promises,
        rules=log.rules,
        seconds=seconds,
    )
    return Outcome(balance=balance, seconds=seconds)


def _balance(promises: Promises, log: LogTail, queues: Queues, folder: DemoFolder) -> Balance:
    waiting = [stored for queue in range(queues.count) for stored in queues.read(queue, 2**31)]
    return Balance(
        accepted=promises.accepted,
        recorded=log.totals["recorded"],
        excluded=log.totals["excluded"],
        dead=requests_in(rows.dead_letters(folder.database)),
        waiting=requests_in(waiting),
        unanswered=promises.unanswered,
    )
