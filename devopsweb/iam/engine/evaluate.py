"""The IAM decision: explicit deny, then allow, else implicit deny.

Pure: policies in, decision out (IAM User Guide, "Policy evaluation logic").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class PolicySource:
    """A policy document and where it comes from (``attached to group developers``)."""

    name: str
    document: Mapping[str, Any]
    via: str


@dataclass(frozen=True)
class Decision:
    """The answer and its explanation.

    ``effect`` is ``allowed``, ``explicitDeny`` or ``implicitDeny`` (the words of
    SimulatePrincipalPolicy); ``statement`` and ``policy`` name what decided.
    """

    effect: str
    action: str
    resource: str
    policy: str = ""
    statement: str = ""
    via: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the action may go on."""
        return self.effect == "allowed"


@lru_cache(maxsize=4096)
def _pattern(glob: str, *, ignore_case: bool) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _values(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def _matches(patterns: Any, text: str, *, ignore_case: bool) -> bool:
    return any(_pattern(p, ignore_case=ignore_case).fullmatch(text) for p in _values(patterns))


def _applies(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    if "Action" in statement:
        action_hit = _matches(statement["Action"], action, ignore_case=True)
    else:
        action_hit = not _matches(statement.get("NotAction"), action, ignore_case=True)
    if not action_hit:
        return False
    if "Resource" in statement:
        return _matches(statement["Resource"], resource, ignore_case=False)
    return not _matches(statement.get("NotResource"), resource, ignore_case=False)


def decide(policies: Iterable[PolicySource], action: str, resource: str) -> Decision:
    """The decision of ``policies`` on ``action`` upon the ARN ``resource``."""
    allowed: Decision | None = None
    for source in policies:
        statements = source.document.get("Statement", [])
        for index, statement in enumerate([statements] if isinstance(statements, dict) else statements):
            if not _applies(statement, action, resource):
                continue
            name = statement.get("Sid") or f"statement {index + 1}"
            if statement.get("Effect") == "Deny":
                return Decision("explicitDeny", action, resource, source.name, name, source.via)
            allowed = allowed or Decision("allowed", action, resource, source.name, name, source.via)
    return allowed or Decision("implicitDeny", action, resource)
