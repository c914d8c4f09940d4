"""Roles under which services act (IAM User Guide, "Create a role to delegate permissions to an AWS service").

A service has no rights of its own. Whoever gives it a role needs ``iam:PassRole`` for that role, and
whatever the service then does, the role's policies must allow.
"""

import hashlib
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from devopsweb.iam import audit, decisions, facts
from devopsweb.iam.errors import RoleNotAssumable
from devopsweb.iam.models import Role
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

log = structlog.get_logger(__name__)

ASSUME = "sts:AssumeRole"
NOTE_USE_EVERY = timedelta(minutes=1)
# AWS's services renew a session after an hour; until then it is one session, in however many steps it is used.
TELL_EVERY = timedelta(hours=1)


def trust_of(service: str) -> dict[str, object]:
    """The trust policy of a role that ``service`` (``codebuild``) alone may assume."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": facts.service_name(service)},
        "Action": ASSUME,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def passing(service: str, associated: str = "") -> dict[str, str]:
    """The condition keys of a request to pass a role to ``service`` for the object ``associated``."""
    context = {"iam:PassedToService": service}
    return context | ({"iam:AssociatedResourceArn": associated} if associated else {})


def require_trust(role_arn: str, service: str, *, associated: str = "") -> None:
    """Raise ``RoleNotAssumable`` unless the role exists and trusts ``service`` (``codebuild.amazonaws.com``)."""
    role = by_arn(role_arn)
    if role is None:
        raise RoleNotAssumable(f"The role {role_arn} does not exist.")
    if not _trusts(role, service.removesuffix(".amazonaws.com"), {"aws:SourceArn": associated}):
        raise RoleNotAssumable(
            f"{service} is not authorized to perform: {ASSUME} on {role_arn}. Its trust policy must name it."
        )


def session(
    service: str, role_arn: str, session_name: str, *, source_arn: str = "", at: datetime
) -> Principal:
    """The session of the role under which ``service`` (``codebuild``) acts for the object ``source_arn``.

    Raises ``AccessDenied`` when the role is gone or does not trust the service.
    """
    actor = Principal(arn=facts.service_name(service), name=service, kind="Service")
    context = {"aws:SourceArn": source_arn} if source_arn else {}
    role = by_arn(role_arn)
    principal = _assume(actor, role, role_arn, session_name, context, at=at)
    if role and (role.last_used_at is None or at - role.last_used_at > NOTE_USE_EVERY):
        Role.objects.filter(pk=role.pk).update(last_used_at=at, last_used_region=settings.DEVOPSWEB_REGION)
    return principal


def assume(actor: Principal, role_arn: str, session_name: str, *, at: datetime) -> Principal:
    """The session of the role for ``actor``, whom its trust policy names. Raises ``AccessDenied``."""
    return _assume(actor, by_arn(role_arn), role_arn, session_name, {}, at=at)


def _assume(
    actor: Principal,
    role: Role | None,
    role_arn: str,
    session_name: str,
    context: dict[str, str],
    *,
    at: datetime,
) -> Principal:
    # Who asks for a role that is not there is told what they would be told if they were not trusted.
    trust = role.trust_policy if role and role.trust_policy else trust_of("nobody")
    decision = decisions.decide(actor, ASSUME, role_arn, context, resource_policy=trust)
    if role is None or not decision.allowed:
        refusal = decisions.AccessDenied(actor, decision)
        audit.required(actor, ASSUME, role_arn, str(refusal))
        raise refusal
    name = session_name[:64]
    via = facts.service_name(actor.name) if actor.kind == "Service" else actor.session.get(audit.INVOKED_BY)
    found = Principal(
        arn=arn("sts", f"assumed-role/{role.name}/{name}"),
        name=f"{role.name}/{name}",
        kind="AssumedRole",
        role_id=role.pk,
        unique_id=f"{role.unique_id}:{name}",
        session={
            "aws:TokenIssueTime": at.isoformat(),
            audit.ROLE_ARN: role.arn,
            **({audit.INVOKED_BY: via} if via else {}),
        },
    )
    if _is_new(found):
        audit.assumed(actor, role_arn, found, at=at)
    return found


def _is_new(session: Principal) -> bool:
    """Whether nobody, in whichever process, has told of this session yet."""
    key = "assumed:" + hashlib.sha256(session.unique_id.encode()).hexdigest()
    try:
        return bool(cache.add(key, 1, round(TELL_EVERY.total_seconds())))
    except RedisError as error:
        log.warning("a role's session may be told twice: the cache does not answer", error=str(error))
        return True


def by_arn(role_arn: str) -> Role | None:
    """The role of that ARN."""
    found = Role.objects.filter(name=role_arn.rpartition("/")[2]).first()
    return found if found and found.arn == role_arn else None


def passable(principal: Principal, service: str) -> list[str]:
    """The ARNs of the roles that trust ``service`` and that the principal may pass to it, sorted."""
    context = passing(facts.service_name(service))
    return sorted(
        role.arn
        for role in Role.objects.order_by("name")
        if role.trust_policy
        and _trusts(role, service, {})
        and decisions.decide(principal, "iam:PassRole", role.arn, context).allowed
    )


def _trusts(role: Role, service: str, context: dict[str, str]) -> bool:
    actor = Principal(arn="", name=service, kind="Service")
    given = {key: value for key, value in context.items() if value}
    return decisions.decide(actor, ASSUME, role.arn, given, resource_policy=role.trust_policy).allowed
