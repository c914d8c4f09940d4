"""Finds the moves that lead a reference from one value to another."""

from collections import deque
from collections.abc import Sequence
from typing import TypeVar

from repos.git.types import RefChange

T = TypeVar("T")
Step = tuple[RefChange, T]


def path(moves: Sequence[Step[T]], start: str, goal: str) -> list[Step[T]] | None:
    """The fewest of ``moves``, all of one reference, that lead from ``start`` to ``goal``; None if none do."""
    if start == goal:
        return []
    reached: dict[str, list[Step[T]]] = {start: []}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        for change, tag in moves:
            if change.before != at or change.after in reached:
                continue
            reached[change.after] = [*reached[at], (change, tag)]
            if change.after == goal:
                return reached[goal]
            waiting.append(change.after)
    return None
