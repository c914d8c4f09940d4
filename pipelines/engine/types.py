"""Words of the engine: a definition and the catalogue of action types that it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class ActionType:
    """AWS's actionTypeId."""

    category: str
    owner: str
    provider: str
    version: str = "1"

    def __str__(self) -> str:
        return f"{self.category}/{self.provider}"


@dataclass(frozen=True)
class Action:
    """One action of a stage."""

    name: str
    type: ActionType
    run_order: int = 1
    configuration: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    namespace: str = ""
    region: str = ""
    timeout_minutes: int | None = None
    role_arn: str = ""


@dataclass(frozen=True)
class Stage:
    """One stage: its actions, in the order of the document."""

    name: str
    actions: tuple[Action, ...]

    def groups(self) -> list[tuple[Action, ...]]:
        """The actions by ascending ``runOrder``; those of one group run in parallel."""
        orders = sorted({action.run_order for action in self.actions})
        return [tuple(a for a in self.actions if a.run_order == order) for order in orders]


@dataclass(frozen=True)
class Definition:
    """A pipeline's definition."""

    name: str
    role_arn: str
    stages: tuple[Stage, ...]
    execution_mode: str = "SUPERSEDED"
    pipeline_type: str = "V1"
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """The pipeline's own variables: name and default, None when each start must give a value."""

    def action(self, stage: int, name: str) -> Action | None:
        """The declared action of that stage and name."""
        return next((one for one in self.stages[stage].actions if one.name == name), None)


@dataclass(frozen=True)
class ActionSpec:
    """What an action type demands of an action that uses it.

    ``inputs`` and ``outputs`` are least and most; ``timeout`` ends an action that takes longer.
    """

    inputs: tuple[int, int]
    outputs: tuple[int, int]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    timeout: timedelta = timedelta(hours=1)


Catalog = Mapping[ActionType, ActionSpec]
