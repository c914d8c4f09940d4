"""Which function answers which operation of which service.

    codecommit = service("codecommit", errors={RepositoryNotFound: "RepositoryDoesNotExistException"})

    @codecommit.operation("GetRepository")
    def get_repository(call: Call, params: Params) -> Result: ...

Operations take the parsed input of the botocore model (as a boto3 caller would write it: missing
optional members are absent, timestamps are aware datetimes, blobs are bytes) and return its output
the same way. Several apps may give operations to one service.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devopsweb.kernel.principals import Principal

Params = dict[str, Any]
Result = dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to an operation, after its signature was verified."""

    service: str
    operation: str
    principal: Principal
    request_id: str
    at: datetime
    source_ip: str = ""
    user_agent: str = ""
    access_key_id: str = ""
    base_url: str = ""
    """Scheme, host and port under which the client reached us."""


Function = Callable[[Call, Params], Result]


@dataclass(frozen=True)
class Operation:
    """A registered operation.

    ``partial`` says in one sentence what is missing; empty means done. ``unsigned`` operations take
    callers without credentials. ``read_only`` overrides what the name says (Get, List, Describe …).
    ``body_limit`` is the largest request in bytes where ``DEVOPSWEB_API_BODY_LIMIT`` is not enough.
    """

    name: str
    function: Function
    partial: str = ""
    unsigned: bool = False
    read_only: bool | None = None
    body_limit: int = 0


@dataclass
class Service:
    """The operations that we answer for one service, and its names for our errors.

    ``violations`` names errors for broken constraints of parameters by (parameter, kind of
    ``problems.Violation``), where the service's name for it does not follow from the parameter's.
    """

    name: str
    operations: dict[str, Operation] = field(default_factory=dict)
    errors: dict[type[Exception], str] = field(default_factory=dict)
    violations: dict[tuple[str, str], str] = field(default_factory=dict)

    def operation(
        self,
        name: str,
        *,
        partial: str = "",
        unsigned: bool = False,
        read_only: bool | None = None,
        body_limit: int = 0,
    ) -> Callable[[Function], Function]:
        """Register the decorated function as operation ``name``."""

        def register(function: Function) -> Function:
            if name in self.operations:
                raise ValueError(f"{self.name} {name} is registered twice.")
            self.operations[name] = Operation(name, function, partial, unsigned, read_only, body_limit)
            return function

        return register

    def code_of(self, error: Exception) -> str:
        """The service's code for ``error``: what it carries itself, or the word for its class or nearest base."""
        if "code" in vars(error):
            return str(vars(error)["code"])
        for kind in type(error).__mro__:
            if kind in self.errors:
                return self.errors[kind]
            if "code" in vars(kind):
                return str(vars(kind)["code"])
        return ""


_services: dict[str, Service] = {}


def service(
    name: str,
    *,
    errors: Mapping[type[Exception], str] | None = None,
    violations: Mapping[tuple[str, str], str] | None = None,
) -> Service:
    """The service of botocore's ``name`` (``codecommit``), made on first use; the rest is added to it."""
    found = _services.setdefault(name, Service(name))
    found.errors.update(errors or {})
    found.violations.update(violations or {})
    return found


def services() -> list[Service]:
    """Every service that has operations, by name."""
    return sorted(_services.values(), key=lambda one: one.name)


def find(name: str) -> Service | None:
    """The service, or None when nobody answers for it."""
    return _services.get(name)
