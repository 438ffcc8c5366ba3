"""Gives dead letters up for good, and counts them as dropped in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from qtd.db.transaction import writing
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetter, DeadLetters
from qtd.store.tally import Stage


def drop(
    engine: Engine, dead_letters: DeadLetters, counters: Counters, letters: Sequence[DeadLetter]
) -> list[DeadLetter]:
    """Drop some letters; returns those that were still there. Raises what `qtd.db.transaction.writing` names."""
    dropped = []
    with writing(engine) as connection:
        for letter in letters:
            if dead_letters.remove(connection, letter):
                dropped.append(letter)
                moved = {
                    Stage.DEAD: {place: -requests for place, requests in letter.places.items()},
                    Stage.DROPPED: letter.places,
                }
                counters.change(connection, letter.queue, moved)
    return dropped
