"""Variables: ``#{namespace.key}`` in configuration values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devopsweb.kernel.errors import Invalid

RESERVED = "codepipeline"
OWN = "variables"
_ANY = re.compile(r"#\{([^}]*)\}")
_SOUND = re.compile(r"([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)")


class UnresolvedVariable(Invalid):
    """A configuration value names a variable that has no value in this execution."""


@dataclass(frozen=True)
class Reference:
    """One reference; ``namespace`` is empty when the text is not of the form ``namespace.key``."""

    text: str
    namespace: str
    key: str


class InvalidVariables(Invalid):
    """A start gives a variable that the pipeline does not declare, or leaves one without a value."""

    code = "ValidationException"


def settled(
    declared: Mapping[str, str | None], given: Mapping[str, str], *, complete: bool
) -> dict[str, str]:
    """The values of the pipeline's variables in an execution: those given, else the defaults.

    Raises ``InvalidVariables``; of missing values only when they must be ``complete``.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        known = ", ".join(declared) or "none"
        raise InvalidVariables(f"The pipeline declares no variable '{unknown[0]}' (it declares: {known}).")
    values = {name: given.get(name, default) for name, default in declared.items()}
    missing = [name for name, value in values.items() if value is None]
    if missing and complete:
        raise InvalidVariables(f"The variable '{missing[0]}' has no default value; give one.")
    return {name: value for name, value in values.items() if value is not None}


def references(value: str) -> Iterator[Reference]:
    """The references in ``value``, in order."""
    for match in _ANY.finditer(value):
        sound = _SOUND.fullmatch(match[1])
        yield Reference(match[0], sound[1] if sound else "", sound[2] if sound else "")


def resolve(configuration: Mapping[str, str], values: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """``configuration`` with its references replaced. Raises ``UnresolvedVariable``."""
    return {key: _fill(key, text, values) for key, text in configuration.items()}


def _fill(key: str, text: str, values: Mapping[str, Mapping[str, str]]) -> str:
    for reference in references(text):
        space = values.get(reference.namespace, {})
        if reference.key not in space:
            known = ", ".join(f"{reference.namespace}.{name}" for name in sorted(space)) or "none"
            raise UnresolvedVariable(
                f"configuration.{key}: the variable {reference.text} has no value in this execution "
                f"(of this namespace there are: {known})."
            )
        text = text.replace(reference.text, space[reference.key], 1)
    return text
