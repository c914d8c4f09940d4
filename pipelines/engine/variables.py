"""Variables: ``#{namespace.key}`` in configuration values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from devopsweb.kernel.errors import Invalid

RESERVED = "codepipeline"
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
