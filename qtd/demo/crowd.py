"""All synthetic visitors together: who does what next.

Their time is not ours: a run of half a minute tells of a day, so that visits have plausible lengths and visitors come
back hours later. Requests carry their time as `cdt`, which Matomo takes for a day without a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random

from qtd.demo import http_form
from qtd.demo.choice import Choice
from qtd.demo.device import load_bots, load_devices, load_languages
from qtd.demo.referral import load_referrals
from qtd.demo.site import Site
from qtd.demo.stray import Strays
from qtd.demo.visit import Step, Visit
from qtd.demo.visitor import Visitor, new_visitor

#: How long the day is of which a run tells, in seconds; less than the 86,400 that `cdt` may be old.
SPAN_SECONDS = 22 * 3600.0
#: HTTP requests for each visit, on average over the sites; bulk requests and strays included.
REQUESTS_PER_VISIT = 5.4
#: Of a hundred requests: from bots, spammers and broken clients.
_STRAYS_PER_CENT = 4
#: Matomo begins a new visit after half an hour; whoever comes back stays away a little longer.
_AWAY_SECONDS = 2400.0


@dataclass(kw_only=True, slots=True)
class Hit:
    """One HTTP request to send, and who waits for its answer before he goes on."""

    #: request line, headers and body
    request: bytes
    walk: Iterator[Step] | None = field(default=None, repr=False)
    visitor: Visitor | None = field(default=None, repr=False)


class Crowd:
    """Gives out the requests in the order of the visitors' own time, a visitor's one at a time.

    `requests` is how many are expected to be asked for until `end` (Unix seconds, the present): visits begin so
    often that their time then comes to `end`. Whoever asks for more gets requests without a time of their own.
    """

    def __init__(
        self, *, seed: int, sites: tuple[Site, ...], visitors: int, requests: int, end: float, host: str
    ) -> None:
        self._random = Random(seed)
        self._sites = Choice(sites, [site.share for site in sites])
        self._devices = load_devices()
        self._languages = load_languages()
        self._referrals = load_referrals()
        self._strays = Strays(sites=self._sites, bots=load_bots(), devices=self._devices, host=host)
        self._host = host
        self._end = end
        self._arrival = end - SPAN_SECONDS
        self._visits_per_second = max(requests / REQUESTS_PER_VISIT, 1.0) / SPAN_SECONDS
        self._most_visitors = visitors
        self._visitors: list[Visitor] = []
        self._order = count()
        #: (when, order of arrival, step, the rest of the visit, visitor)
        self._waiting: list[tuple[float, int, Step, Iterator[Step], Visitor]] = []

    def next(self) -> Hit:
        """The next request; there always is one."""
        if self._random.randrange(100) < _STRAYS_PER_CENT:
            return Hit(request=self._strays.draw(self._random))
        while not self._waiting or self._arrival <= self._waiting[0][0]:
            self._arrive()
        _, _, step, walk, visitor = heappop(self._waiting)
        if visitor.offline:
            steps = [step, *walk]
            visitor.until = steps[-1][0]
            requests = [self._dated(one) for one in steps]
            return Hit(
                request=http_form.bulk(requests, host=self._host, headers=visitor.headers),
                walk=walk,
                visitor=visitor,
            )
        form = http_form.post if visitor.posts else http_form.get
        request = form(self._dated(step), host=self._host, headers=visitor.headers)
        return Hit(request=request, walk=walk, visitor=visitor)

    def answered(self, hit: Hit) -> None:
        """The visitor goes on."""
        if hit.walk is not None and hit.visitor is not None:
            self._go_on(hit.walk, hit.visitor)

    def _arrive(self) -> None:
        """Somebody begins a visit."""
        random = self._random
        start = self._arrival
        self._arrival += random.expovariate(self._visits_per_second)
        visitor = self._somebody(start)
        visitor.busy = True
        site = self._sites.draw(random)
        visit = Visit(random, site, visitor, self._referrals.draw(random), start)
        self._go_on(visit.steps(), visitor)

    def _somebody(self, now: float) -> Visitor:
        """Somebody who is not busy: one of those who were here before, or somebody new."""
        known = self._visitors
        chosen = self._random.randrange(self._most_visitors)
        if chosen < len(known):
            visitor = known[chosen]
            if not visitor.busy and visitor.until + _AWAY_SECONDS < now:
                return visitor
        visitor = new_visitor(self._random, self._devices, self._languages)
        if len(known) < self._most_visitors:
            known.append(visitor)
        return visitor

    def _go_on(self, walk: Iterator[Step], visitor: Visitor) -> None:
        step = next(walk, None)
        visitor.busy = step is not None
        if step is not None:
            visitor.until = step[0]
            heappush(self._waiting, (step[0], next(self._order), step, walk, visitor))

    def _dated(self, step: Step) -> dict[str, str]:
        when, params = step
        return params | {"cdt": str(int(when))} if when < self._end else params
