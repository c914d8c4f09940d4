"""What IAM's policy simulator tells beyond a decision: the statements behind it, and what it would need to know."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from devopsweb.iam.engine.evaluate import IDENTITY, RESOURCE, Policies, PolicySource, decide
from devopsweb.iam.engine.policy import Policy, Statement
from devopsweb.iam.engine.variables import Context, names


@dataclass(frozen=True)
class Simulated:
    """One action upon one resource.

    ``matched`` are the statements that make the decision: all that allow, or those that deny; ``missing``
    the condition keys that the policies ask for and the request does not bring. ``within_boundary`` is None
    without a boundary, ``within_organization`` without organisation policies.
    """

    effect: str
    matched: tuple[tuple[PolicySource, Statement], ...]
    missing: tuple[str, ...]
    within_boundary: bool | None
    within_organization: bool | None


def simulate(
    policies: Policies,
    action: str,
    resource: str,
    context: Context,
    *,
    levels: Sequence[Sequence[PolicySource]] = (),
) -> Simulated:
    """The decision with its reasons; ``levels`` are an organisation's policies, each of which must allow."""
    decision = decide(policies, action, resource, context)
    effects = [decide(Policies(identity=level), action, resource, context).effect for level in levels]
    organization = all(effect == "allowed" for effect in effects) if levels else None
    effect = decision.effect
    if effect != "explicitDeny" and organization is False:
        effect = "explicitDeny" if "explicitDeny" in effects else "implicitDeny"
    own = effect == decision.effect and effect != "implicitDeny"
    boundary = policies.boundary
    return Simulated(
        effect,
        tuple(_matched(policies, effect, action, resource, context)) if own else (),
        tuple(_missing(policies, action, resource, context)),
        None if boundary is None else decide(Policies(identity=boundary), action, resource, context).allowed,
        organization,
    )


def context_keys(policies: Iterable[Policy]) -> list[str]:
    """Every condition key that the policies ask for, sorted; one spelling of each."""
    found: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for key in (*_of_resources(policy, statement), *_of_conditions(policy, statement)):
                found.setdefault(key.lower(), key)
    return sorted(found.values(), key=str.lower)


def _matched(
    policies: Policies, effect: str, action: str, resource: str, context: Context
) -> Iterator[tuple[PolicySource, Statement]]:
    allows = effect == "allowed"
    for kind, sources in policies.by_kind():
        if kind not in (IDENTITY, RESOURCE):
            continue
        for source in sources:
            found = source.policy.candidates(action)
            for statement in found.allows if allows else found.denies:
                principals = statement.principals
                meant = principals is None or principals.reach(policies.caller, allow=allows)
                if meant and statement.covers(resource, context) and statement.holds(context):
                    yield source, statement


def _missing(policies: Policies, action: str, resource: str, context: Context) -> list[str]:
    found: dict[str, str] = {}
    for _, sources in policies.by_kind():
        for source in sources:
            for statement in source.policy.statements:
                if statement.is_about(action):
                    for key in _asked(source.policy, statement, resource, context):
                        if key.lower() not in context:
                            found.setdefault(key.lower(), key)
    return sorted(found.values(), key=str.lower)


def _asked(policy: Policy, statement: Statement, resource: str, context: Context) -> list[str]:
    of_resources = _of_resources(policy, statement)
    if statement.covers(resource, context):
        return [*of_resources, *_of_conditions(policy, statement)]
    return of_resources


def _of_resources(policy: Policy, statement: Statement) -> list[str]:
    return [key for text in statement.resources for key in names(text)] if policy.variables else []


def _of_conditions(policy: Policy, statement: Statement) -> list[str]:
    keys = [condition.key for condition in statement.conditions]
    if policy.variables:
        keys += [key for one in statement.conditions for text in one.values for key in names(text)]
    return keys
