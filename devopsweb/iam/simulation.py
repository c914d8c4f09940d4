"""Explains policies: what one says in words, and what all of them say to one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.iam import known_actions
from devopsweb.iam.directory import compiled
from devopsweb.iam.engine.evaluate import IDENTITY, Decision, Policies, PolicySource, Reason, decide
from devopsweb.iam.engine.policy import Policy as Parsed
from devopsweb.iam.engine.policy import Statement
from devopsweb.iam.models import Policy, Role, User
from devopsweb.kernel.principals import Principal

_SHOWN = 4


@dataclass(frozen=True)
class Verdict:
    """The decision, the statements that speak about the request, and who could change it."""

    decision: Decision
    reasons: tuple[Reason, ...]
    superuser: bool
    granters: tuple[str, ...]


def run(
    subject: User | Role, action: str, resource: str, context: Mapping[str, str], *, at: datetime
) -> Verdict:
    """What would happen if the user, or a session of the role, did ``action`` upon ``resource`` now."""
    principal = (
        Principal(arn=subject.arn, name=subject.username, user_id=subject.pk, unique_id=subject.unique_id)
        if isinstance(subject, User)
        else Principal(arn=subject.arn, name=subject.name, kind="AssumedRole", role_id=subject.pk)
    )
    facts = {"aws:CurrentTime": at.isoformat(), **context}
    decision = iam.authorize(principal, action, resource, facts)
    return Verdict(
        decision=decision,
        reasons=tuple(iam.explain_decision(principal, action, resource, facts)),
        superuser=isinstance(subject, User) and subject.is_superuser,
        granters=() if decision.allowed else tuple(iam.who_can_help(principal, decision)),
    )


def policies_that_allow(decision: Decision) -> list[str]:
    """The names of policies that would give what is missing, the narrowest first; a few."""
    if decision.effect != "implicitDeny" or decision.kind != IDENTITY:
        return []
    ranked = sorted(
        (_breadth(one, decision.action), policy.name)
        for policy in Policy.objects.all()
        if _allows(one := compiled(policy), decision)
    )
    # Whoever lacks one permission should not be offered all of them.
    narrow = [one for one in ranked if not one[0][0]]
    return [name for _, name in (narrow or ranked)[:_SHOWN]]


def _allows(policy: Parsed, decision: Decision) -> bool:
    own = Policies(identity=[PolicySource("", policy, "")])
    return decide(own, decision.action, decision.resource, {}).allowed


def _breadth(policy: Parsed, action: str) -> tuple[bool, int, int]:
    """How much a policy gives: everything, then how many actions of the service, then how many statements."""
    granting = [one for one in policy.statements if one.allow]
    everything = any("*" in one.actions or one.inverted_actions for one in granting)
    actions = known_actions.of_service(action.partition(":")[0].lower())
    given = sum(any(one.is_about(known) for one in granting) for known in actions)
    return everything, given, len(granting)


def summary(policy: Policy) -> list[str]:
    """One sentence per statement."""
    return [_sentence(statement) for statement in compiled(policy).statements]


def _sentence(statement: Statement) -> str:
    verb = "Allows" if statement.allow else "Denies"
    actions = _some(statement.actions, "every action")
    if statement.inverted_actions:
        actions = f"everything except {actions}"
    resources = _some(statement.resources, "every resource")
    if statement.inverted_resources:
        resources = f"every resource except {resources}"
    when = "".join(f", if {condition}" for condition in statement.conditions)
    return f"{statement.label}: {verb} {actions} on {resources}{when}."


def _some(patterns: tuple[str, ...], everything: str) -> str:
    if "*" in patterns:
        return everything
    shown = ", ".join(patterns[:4])
    return f"{shown} and {len(patterns) - 4} more" if len(patterns) > 4 else shown
