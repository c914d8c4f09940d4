"""Values that a build takes from the vault: parameters and secrets that its buildspec or its project names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devopsweb.kernel.principals import Principal
from devopsweb.vault import api as vault
from pipelines.builds.actions.phases import PhaseFailed
from pipelines.builds.engine.buildspec import Buildspec
from pipelines.builds.types import PARAMETER_STORE, SECRETS_MANAGER, WORDS


@dataclass(frozen=True)
class Wanted:
    """A variable whose value ``reference`` names in a store; ``place`` says who wants it."""

    name: str
    kind: str
    reference: str
    place: str
    where: str = ""


def of_buildspec(spec: Buildspec) -> Iterator[Wanted]:
    """What the buildspec's ``env`` names."""
    for kind, values in ((PARAMETER_STORE, spec.parameters), (SECRETS_MANAGER, spec.secrets)):
        for name, text in values.items():
            yield Wanted(name, kind, text.value, f"env.{WORDS[kind]}", f"{spec.file}:{text.line}")


def of_project(environment: Sequence[Mapping[str, Any]]) -> Iterator[Wanted]:
    """What the project's variables, and those of the call that started the build, name."""
    for row in environment:
        if kind := row.get("type", ""):
            yield Wanted(row["name"], kind, row["value"], f"The project's variable of type {kind}")


def read(wanted: Wanted, *, principal: Principal, at: datetime) -> str:
    """The value, if the build's role may read it. Raises ``PhaseFailed``."""
    try:
        if wanted.kind == PARAMETER_STORE:
            return vault.parameter(wanted.reference, principal)
        return vault.secret(wanted.reference, principal, at=at)
    except vault.CannotResolve as error:
        raise PhaseFailed(
            "Decrypted Variables Error",
            f"{wanted.place}: {wanted.name} ({wanted.reference}) cannot be read: {error}",
            where=wanted.where,
        ) from None
