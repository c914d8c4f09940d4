"""The IAM decision: explicit deny, then allow, else implicit deny.

Pure: policies and the request's context in, decision out (IAM User Guide, "Policy
evaluation logic"). Any policy may deny. The identity's policies and the resource's own
policy grant; a permissions boundary and session policies limit what the identity's policies
grant, and what the resource's policy grants to the role behind a session.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devopsweb.iam.engine.policy import Policy, Statement
from devopsweb.iam.engine.principals import NOBODY, Caller, Reach
from devopsweb.iam.engine.variables import Context

RequestContext = Mapping[str, str | Sequence[str]]

IDENTITY, BOUNDARY, SESSION, RESOURCE = "identity", "boundary", "session", "resource"


@dataclass(frozen=True)
class PolicySource:
    """A parsed policy and the way by which it reaches the caller (``group developers``).

    ``arn`` is that of a managed policy.
    """

    name: str
    policy: Policy
    via: str
    arn: str = ""


@dataclass(frozen=True)
class Policies:
    """All policies that bear on one caller's request.

    ``boundary`` and ``session`` are None when there is no such limit; an empty ``session`` is a session
    whose policies allow nothing. ``named_only`` asks the resource's policy for an allowance of its own,
    as a role's trust policy is asked.
    """

    identity: Sequence[PolicySource] = ()
    boundary: Sequence[PolicySource] | None = None
    session: Sequence[PolicySource] | None = None
    resource: Sequence[PolicySource] = ()
    caller: Caller = NOBODY
    named_only: bool = False

    def by_kind(self) -> tuple[tuple[str, Sequence[PolicySource]], ...]:
        """Every policy, in the order in which a deny is looked for."""
        return (
            (IDENTITY, self.identity),
            (BOUNDARY, self.boundary or ()),
            (SESSION, self.session or ()),
            (RESOURCE, self.resource),
        )


@dataclass(frozen=True)
class Decision:
    """The answer and its explanation.

    ``effect`` is ``allowed``, ``explicitDeny`` or ``implicitDeny`` (the words of
    SimulatePrincipalPolicy); ``statement`` and ``policy`` name what decided, ``kind`` the kind of policy
    that decided or that allows nothing: ``identity``, ``boundary``, ``session`` or ``resource``.
    """

    effect: str
    action: str
    resource: str
    policy: str = ""
    statement: str = ""
    via: str = ""
    kind: str = IDENTITY

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
    kind: str = IDENTITY


@dataclass(frozen=True)
class _Hit:
    source: PolicySource
    statement: Statement
    reach: Reach = Reach.CALLER


def normalise(context: RequestContext) -> Context:
    """``context`` with lower-case keys and tuples of values; a key without any value is left out."""
    return {
        key.lower(): (value,) if isinstance(value, str) else tuple(value)
        for key, value in context.items()
        if value or isinstance(value, str)
    }


def decide(policies: Policies, action: str, resource: str, context: Context | None = None) -> Decision:
    """The decision of ``policies`` on ``action`` upon the ARN ``resource``."""
    facts = context or {}
    for kind, sources in policies.by_kind():
        denied = _denial(sources, action, resource, facts, policies.caller)
        if denied:
            return _decision("explicitDeny", action, resource, kind, denied)
    named = _grant_of_resource(policies, action, resource, facts) if policies.resource else None
    if named and named.reach is Reach.CALLER:
        return _decision("allowed", action, resource, RESOURCE, named)
    if policies.named_only and not named:
        return Decision("implicitDeny", action, resource, kind=RESOURCE)
    granted = _grant(policies.identity, action, resource, facts)
    if not granted and (not named or named.reach is not Reach.ISSUER):
        return Decision("implicitDeny", action, resource)
    for kind, limit in ((BOUNDARY, policies.boundary), (SESSION, policies.session)):
        if limit is not None and not _grant(limit, action, resource, facts):
            return Decision("implicitDeny", action, resource, kind=kind)
    if granted:
        return _decision("allowed", action, resource, IDENTITY, granted)
    return _decision("allowed", action, resource, RESOURCE, named)


def _decision(effect: str, action: str, resource: str, kind: str, hit: _Hit | None) -> Decision:
    if hit is None:
        return Decision(effect, action, resource, kind=kind)
    source, statement = hit.source, hit.statement
    return Decision(effect, action, resource, source.name, statement.label, source.via, kind)


def _denial(
    sources: Sequence[PolicySource], action: str, resource: str, facts: Context, caller: Caller
) -> _Hit | None:
    for source in sources:
        for statement in source.policy.candidates(action).denies:
            if (
                statement.covers(resource, facts)
                and (statement.principals is None or statement.principals.reach(caller, allow=False))
                and statement.holds(facts)
            ):
                return _Hit(source, statement)
    return None


def _grant(sources: Sequence[PolicySource], action: str, resource: str, facts: Context) -> _Hit | None:
    for source in sources:
        for statement in source.policy.candidates(action).allows:
            if statement.covers(resource, facts) and statement.holds(facts):
                return _Hit(source, statement)
    return None


def _grant_of_resource(policies: Policies, action: str, resource: str, facts: Context) -> _Hit | None:
    """The allowance of the resource's policy that names the caller most directly."""
    best: _Hit | None = None
    for source in policies.resource:
        for statement in source.policy.candidates(action).allows:
            principals = statement.principals
            reach = principals.reach(policies.caller, allow=True) if principals else Reach.CALLER
            if reach <= (best.reach if best else Reach.NONE):
                continue
            if statement.covers(resource, facts) and statement.holds(facts):
                best = _Hit(source, statement, reach)
    return best


def explain(
    policies: Policies, action: str, resource: str, context: Context | None = None
) -> Iterator[Reason]:
    """What each statement about this action and resource says, with the conditions that do not hold."""
    facts = context or {}
    for kind, sources in policies.by_kind():
        for source in sources:
            for statement in source.policy.statements:
                if not _is_meant(statement, policies.caller, action, resource, facts):
                    continue
                unmet = tuple(str(one) for one in statement.conditions if not one.holds(facts))
                effect = "" if unmet else "allow" if statement.allow else "deny"
                yield Reason(source.name, source.via, statement.label, statement.index, effect, unmet, kind)


def _is_meant(statement: Statement, caller: Caller, action: str, resource: str, facts: Context) -> bool:
    principals = statement.principals
    return (
        statement.is_about(action)
        and statement.covers(resource, facts)
        and (principals is None or bool(principals.reach(caller, allow=statement.allow)))
    )
