"""Whom a resource-based policy speaks about (IAM User Guide, "AWS JSON policy elements: Principal").

How directly a policy names the caller decides what still limits the permission that it gives:
see ``Reach``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from devopsweb.iam.errors import MalformedPolicyDocument

EVERYONE = "*"
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")
_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):([^*?]+)")
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}(?::[\w+=,.@-]{1,64})?", re.ASCII)


class Reach(IntEnum):
    """How directly a statement names the caller."""

    NONE = 0
    ACCOUNT = 1
    """The account: its identity-based policies decide."""
    ISSUER = 2
    """The role (or user) whose session it is: boundary and session policies still limit."""
    CALLER = 3
    """The user or the session itself, or everyone: nothing but an explicit deny limits."""


@dataclass(frozen=True)
class Caller:
    """By what names policies may mean the caller.

    ``issuer`` is the role of a role's session, or the user of a federated one; ``service`` and
    ``federated`` name callers that are no identities of an account.
    """

    arn: str = ""
    account: str = ""
    issuer: str = ""
    service: str = ""
    federated: str = ""
    unique_id: str = ""

    def names(self) -> tuple[tuple[Reach, str], ...]:
        """Every AWS name of the caller, the most direct one first."""
        own = [(Reach.CALLER, self.arn), (Reach.CALLER, self.unique_id), (Reach.ISSUER, self.issuer)]
        root = f"arn:aws:iam::{self.account}:root" if self.account else ""
        return tuple((reach, name) for reach, name in [*own, (Reach.ACCOUNT, root)] if name)


NOBODY = Caller()


@dataclass(frozen=True)
class Principals:
    """A Principal or NotPrincipal element."""

    named: tuple[tuple[str, str], ...]
    inverted: bool = False

    def reach(self, caller: Caller, *, allow: bool) -> Reach:
        """How directly this element means ``caller``."""
        if not self.inverted:
            return max(_reach(one, caller) for one in self.named)
        # A denial spares only whom all names are listed of; an allowance leaves out whom any is listed of.
        spared = _covers_all(self.named, caller) if not allow else self._mentions(caller)
        return Reach.NONE if spared else Reach.CALLER

    def _mentions(self, caller: Caller) -> bool:
        return any(_reach(one, caller) is not Reach.NONE for one in self.named)


def _reach(named: tuple[str, str], caller: Caller) -> Reach:
    kind, value = named
    if value == EVERYONE and kind == "AWS":
        return Reach.CALLER
    if kind == "AWS":
        return next((reach for reach, name in caller.names() if name == value), Reach.NONE)
    known = {"Service": caller.service, "Federated": caller.federated}.get(kind, "")
    return Reach.CALLER if known and value in (known, EVERYONE) else Reach.NONE


def _covers_all(named: tuple[tuple[str, str], ...], caller: Caller) -> bool:
    if ("AWS", EVERYONE) in named:
        return True
    wanted = {("AWS", name) for _, name in caller.names() if name != caller.unique_id}
    wanted |= {("Service", caller.service)} if caller.service else set()
    wanted |= {("Federated", caller.federated)} if caller.federated else set()
    return bool(wanted) and wanted <= set(named)


def parse_principals(raw: Any, path: str, *, inverted: bool) -> Principals:
    """The element of a statement. Raises ``MalformedPolicyDocument``."""
    if raw == EVERYONE:
        return Principals((("AWS", EVERYONE),), inverted)
    if not isinstance(raw, Mapping) or not raw:
        raise MalformedPolicyDocument(
            path, 'Invalid principal in policy: give "*" or an object such as {"AWS": …}.'
        )
    named: list[tuple[str, str]] = []
    for kind, values in raw.items():
        if kind not in _KINDS:
            raise MalformedPolicyDocument(
                f"{path}.{kind}", f"Invalid principal in policy: {kind} is not one of {', '.join(_KINDS)}."
            )
        listed = values if isinstance(values, list) else [values]
        if not listed or not all(isinstance(value, str) and value for value in listed):
            raise MalformedPolicyDocument(
                f"{path}.{kind}", "Invalid principal in policy: give a string or a list of strings."
            )
        named += [(kind, _canonical(kind, value, f"{path}.{kind}")) for value in listed]
    return Principals(tuple(named), inverted)


def _canonical(kind: str, value: str, path: str) -> str:
    """An account id means its root; nothing but the whole value may be a wildcard."""
    if kind != "AWS":
        return value
    if _ACCOUNT.fullmatch(value):
        return f"arn:aws:iam::{value}:root"
    if value == EVERYONE or _ARN.fullmatch(value) or _UNIQUE_ID.fullmatch(value):
        return value
    raise MalformedPolicyDocument(path, f'Invalid principal in policy: "AWS":"{value}"')
