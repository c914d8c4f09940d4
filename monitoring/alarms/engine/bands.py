"""The band under an alarm's chart: which state it was in, when."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """A stretch in one state; ``share`` is its part of the whole in percent."""

    state: str
    share: float


def bands(
    changes: Sequence[tuple[int, str, str]], *, start: int, end: int, created: int, now: int, state: str
) -> list[Band]:
    """The stretches of [start, end) from ``changes`` (moment, old state, new state), oldest first.

    Before the alarm existed and after ``now`` there is no state ("").
    """
    current = changes[0][1] if changes else state
    cuts: list[tuple[int, str]] = [(start, current)]
    if created > start:
        cuts = [(start, ""), (min(created, end), current)]
    cuts += [(moment, new) for moment, _, new in changes]
    if now < end:
        cuts.append((now, ""))
    found: list[Band] = []
    for place, (moment, value) in enumerate(cuts):
        until = cuts[place + 1][0] if place + 1 < len(cuts) else end
        share = 100 * (min(until, end) - max(moment, start)) / (end - start)
        if share > 0:
            found.append(Band(value, round(share, 3)))
    return found
