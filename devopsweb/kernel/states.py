"""State machines: one table of legal moves, and the guarded move itself.

A move is a single ``UPDATE … WHERE status IN (allowed sources)``: the caller that
changes the row won; everybody else was late and does nothing. Works alike on
SQLite and PostgreSQL and needs no row lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.db import models

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True)
class StateMachine(Generic[S]):
    """Legal moves of one kind of thing: ``{state: states that may follow}``."""

    moves: Mapping[S, frozenset[S]]
    field: str = "status"

    def sources(self, target: S) -> frozenset[S]:
        """The states from which ``target`` may be entered."""
        return frozenset(state for state, followers in self.moves.items() if target in followers)

    def is_final(self, state: S) -> bool:
        """Whether nothing follows ``state``."""
        return not self.moves[state]

    def move(self, instance: models.Model, target: S, **fields: Any) -> bool:
        """Move ``instance`` to ``target`` and set ``fields``; True if this caller did it.

        On True the instance carries the new values. On False the row was not in
        any source state of ``target`` (another worker was first): do nothing.
        """
        values: dict[str, Any] = {self.field: target, **fields}
        moved = (
            type(instance)
            ._default_manager.filter(pk=instance.pk, **{f"{self.field}__in": list(self.sources(target))})
            .update(**values)
        )
        if moved:
            for name, value in values.items():
                setattr(instance, name, value)
        return bool(moved)
