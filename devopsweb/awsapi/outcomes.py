"""What became of each call, told to whoever keeps account (the audit trail)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devopsweb.awsapi.registry import Call
from devopsweb.kernel.errors import Fault


class Unaccountable(Fault):
    """No account can be kept of a change at the moment, so it was not made."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An answered call. ``error_code`` is empty when it succeeded; ``sensitive`` members are not yet removed.

    ``hidden`` holds the names of input and output members that the model marks as sensitive.
    """

    call: Call
    read_only: bool
    params: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    error_code: str = ""
    error_message: str = ""
    api_version: str = ""
    signing_name: str = ""
    hidden: frozenset[str] = frozenset()
    unproven: bool = False
    """The caller could not prove who they are: no principal, and what they asked for was not read."""


Observer = Callable[[Outcome], None]
Guard = Callable[[str, str], None]
_observers: list[Observer] = []
_guards: list[Guard] = []


def observe(observer: Observer) -> None:
    """Have ``observer`` called after every call, in the caller's thread, before the answer is sent."""
    if observer not in _observers:
        _observers.append(observer)


def tell(outcome: Outcome) -> None:
    """Tell all observers."""
    for observer in _observers:
        observer(outcome)


def guard(check: Guard) -> None:
    """Have ``check(service, operation)`` asked before every change; it raises ``Unaccountable`` to prevent it."""
    if check not in _guards:
        _guards.append(check)


def before_change(service: str, operation: str) -> None:
    """Whoever keeps account of calls is ready to keep that of this one. Raises ``Unaccountable``."""
    for check in _guards:
        check(service, operation)
