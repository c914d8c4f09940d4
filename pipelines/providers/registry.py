"""The registry of action types: what an action demands, and who carries it out.

A provider's ``start`` either finishes the action at once or says under which external id it
goes on; ``observe`` asks for the present state of that id, for when its news was lost.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from devopsweb.kernel.principals import Principal
from pipelines.engine.types import ActionSpec, ActionType, Catalog


@dataclass(frozen=True)
class Artifact:
    """An artifact of an execution: a blob, and the source revision that it stems from."""

    name: str
    digest: str
    size: int = 0
    revision: str = ""
    repository: str = ""


@dataclass(frozen=True)
class Context:
    """What a provider is told about the action that it starts.

    ``override`` is the revision that a source shall take instead of its latest, if the starter chose one.
    ``principal`` is the session of the pipeline's role: what it may not do, the action may not.
    """

    pipeline: str
    execution_id: str
    number: int
    stage: str
    action: str
    action_execution_id: str
    configuration: Mapping[str, str]
    inputs: tuple[Artifact, ...]
    outputs: tuple[str, ...]
    url: str
    principal: Principal
    at: datetime
    override: str = ""


@dataclass(frozen=True)
class Outcome:
    """What has become of an action: ``status`` is InProgress, Succeeded or Failed."""

    status: str
    external_id: str = ""
    url: str = ""
    summary: str = ""
    error_code: str = ""
    error_message: str = ""
    token: str = ""
    artifacts: tuple[Artifact, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    revision: Mapping[str, Any] | None = None


def failed(code: str, message: str, **more: Any) -> Outcome:
    """An outcome that says why the action failed."""
    return Outcome("Failed", error_code=code, error_message=message, **more)


class Provider(ABC):
    """An action type.

    ``is_repeatable``: a start may be made twice without harm, so it runs outside any
    transaction (reading a repository); the others start inside the transaction that stores
    their external id, so that a crash leaves either both or neither.
    """

    type: ActionType
    spec: ActionSpec
    is_repeatable: bool = False
    check_every: timedelta | None = None

    @abstractmethod
    def start(self, context: Context) -> Outcome:
        """Begin the action. Kernel errors become a failed action with their message."""

    def observe(self, external_id: str, outputs: tuple[str, ...]) -> Outcome | None:
        """The present state of the external work; None when it is unknown.

        ``outputs`` are the names of the artifacts that the action declares.
        """
        return None

    def stop(self, external_id: str, *, principal: Principal, reason: str, at: datetime) -> None:
        """End the external work of an action whose time is over, as ``principal``."""
        return None


_providers: dict[ActionType, Provider] = {}


def register(provider: Provider) -> None:
    """Offer an action type."""
    _providers[provider.type] = provider


def unregister(action_type: ActionType) -> None:
    """Withdraw an action type."""
    _providers.pop(action_type, None)


def provider(category: str, name: str) -> Provider | None:
    """The provider of an action type, or None when it is no longer offered."""
    return next(
        (p for kind, p in _providers.items() if (kind.category, kind.provider) == (category, name)), None
    )


def catalog() -> Catalog:
    """Every action type and its demands."""
    return {kind: one.spec for kind, one in _providers.items()}
