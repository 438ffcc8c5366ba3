"""Whether a server's clock agrees with ours."""

from __future__ import annotations

from typing import Final

from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine, wrong

#: Seconds. Visits end after half an hour, and requests are dated by whoever accepts them: seconds do no harm yet.
_MUCH: Final = 2.0
_TOO_MUCH: Final = 60.0

_ADVICE: Final = "let both machines follow the same time servers (chrony, systemd-timesyncd): {why}"


def clock_skew(group: str, *, ahead: float, doubt: float, why: str, where: str) -> Check:
    """Judge a clock that is `ahead` of ours by so many seconds (negative: behind), give or take `doubt`.

    `why` tells what the difference spoils.
    """
    off = max(abs(ahead) - doubt, 0.0)
    if off < _MUCH:
        return fine(f"{group}.clock", f"differs from ours by less than {_MUCH:g} s", where=where)
    found = f"{several(round(abs(ahead)), 'second')} {'ahead of' if ahead > 0 else 'behind'} ours"
    judge = wrong if off >= _TOO_MUCH else doubtful
    return judge(f"{group}.clock", found, _ADVICE.format(why=why), where=where)
