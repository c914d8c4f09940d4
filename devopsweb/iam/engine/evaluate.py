"""The IAM decision: explicit deny, then allow, else implicit deny.

Pure: policies and the request's context in, decision out (IAM User Guide, "Policy
evaluation logic"). ``explain`` answers the same question with every reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from devopsweb.iam.engine.matching import action_matches, arn_matches
from devopsweb.iam.engine.policy import Policy, Statement
from devopsweb.iam.engine.variables import Context, substitute

RequestContext = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class PolicySource:
    """A parsed policy and the way by which it reaches the caller (``group developers``)."""

    name: str
    policy: Policy
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


@dataclass(frozen=True)
class Reason:
    """What one statement says to a request; ``effect`` is "allow", "deny" or "" (does not apply)."""

    policy: str
    via: str
    statement: str
    index: int
    effect: str
    unmet: tuple[str, ...] = ()


def normalise(context: RequestContext) -> Context:
    """``context`` with lower-case keys and tuples of values."""
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in context.items()
    }


def decide(
    policies: Iterable[PolicySource], action: str, resource: str, context: Context | None = None
) -> Decision:
    """The decision of ``policies`` on ``action`` upon the ARN ``resource``."""
    facts = context or {}
    allowed: Decision | None = None
    for source in policies:
        for statement in source.policy.statements:
            if allowed and statement.allow:
                continue
            if not applies(statement, source.policy, action, resource, facts):
                continue
            effect = "allowed" if statement.allow else "explicitDeny"
            found = Decision(effect, action, resource, source.name, statement.label, source.via)
            if not statement.allow:
                return found
            allowed = found
    return allowed or Decision("implicitDeny", action, resource)


def applies(statement: Statement, policy: Policy, action: str, resource: str, context: Context) -> bool:
    """Whether ``statement`` speaks about this request."""
    return _targets(statement, policy, action, resource, context) and all(
        condition.holds(context, variables=policy.variables) for condition in statement.conditions
    )


def explain(
    policies: Iterable[PolicySource], action: str, resource: str, context: Context | None = None
) -> Iterator[Reason]:
    """What each statement about this action and resource says, with the conditions that do not hold."""
    facts = context or {}
    for source in policies:
        for statement in source.policy.statements:
            if not _targets(statement, source.policy, action, resource, facts):
                continue
            unmet = tuple(
                str(condition)
                for condition in statement.conditions
                if not condition.holds(facts, variables=source.policy.variables)
            )
            effect = "" if unmet else "allow" if statement.allow else "deny"
            yield Reason(source.name, source.via, statement.label, statement.index, effect, unmet)


def _targets(statement: Statement, policy: Policy, action: str, resource: str, context: Context) -> bool:
    named = any(action_matches(pattern, action) for pattern in statement.actions)
    if named == statement.inverted_actions:
        return False
    covered = any(
        _covers(pattern, resource, context, variables=policy.variables) for pattern in statement.resources
    )
    return covered != statement.inverted_resources


def _covers(pattern: str, resource: str, context: Context, *, variables: bool) -> bool:
    if not variables or "${" not in pattern:
        return arn_matches(pattern, resource)
    # A variable may stand only behind the fifth colon, where a value cannot move the parts.
    head, tail = pattern.split(":", 5)[:5], ":".join(pattern.split(":", 5)[5:])
    filled = substitute(tail, context, escape=True)
    return filled is not None and arn_matches(":".join([*head, filled]), resource)
