"""Going through a batch's hits in order, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence

from qtd.engine.hit import Hit
from qtd.engine.invalid import InvalidRequest
from qtd.engine.lookup import Known
from qtd.engine.outside import Outside
from qtd.engine.page_url import PageUrls
from qtd.engine.plan import RECORDED, Plan
from qtd.engine.recognition import Windows
from qtd.engine.referrer import ReferrerDetection
from qtd.engine.reports import outdated_report
from qtd.engine.settings import Settings
from qtd.engine.step import HitStep

#: What becomes of the requests that follow an invalid one in the same set.
DROPPED = "follows_invalid_request"


class BatchPlanner:
    """Plans batches under one version of the settings."""

    def __init__(self, settings: Settings, outside: Outside, urls: PageUrls, windows: Windows) -> None:
        self._outside = outside
        self._windows = windows
        self._referrers = ReferrerDetection(settings, outside.referrer_lists, urls)

    def plan(self, hits: Sequence[Hit], known: Known, *, now: float) -> Plan:
        """The rows of the batch; `now` is the present in Unix seconds."""
        plan = Plan()
        step = HitStep(plan, known, outside=self._outside, windows=self._windows, referrers=self._referrers)
        broken: set[int] = set()
        reports: dict[int, set[tuple[int, str]]] = {}
        for hit in hits:
            outcome = DROPPED if hit.set_number in broken else _outcome(plan, step, hit)
            plan.outcomes[hit.request.idsite, hit.request.entry_time, outcome] += 1
            if hit.invalid:
                broken.add(hit.set_number)
            if outcome == RECORDED:
                report = outdated_report(hit.request, now=now)
                if report is not None:
                    reports.setdefault(hit.set_number, set()).add(report)
        for number, outdated in reports.items():
            # Matomo replays the good part of a set with an invalid request, and then takes its reports for
            # remembered although that was rolled back.
            if number not in broken:
                plan.reports |= outdated
        return plan


def _outcome(plan: Plan, step: HitStep, hit: Hit) -> str:
    """Plan one hit; `recorded`, or the rule that keeps it out."""
    if hit.failure is not None:
        idfailure, query = hit.failure
        plan.failures.setdefault((hit.request.idsite, idfailure), query)
    if hit.excluded:
        return hit.excluded
    mark = plan.mark()
    try:
        return step.run(hit)
    except InvalidRequest as error:
        plan.undo(mark)
        hit.invalid = True
        return error.reason
