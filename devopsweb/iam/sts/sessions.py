"""Verbs: begin a session of a role, of a user, of a federated user.

Each returns the session; its token is ``tokens.seal(session)``. Nothing is stored.
"""

import secrets
from datetime import datetime
from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.iam import audit, decisions, service_roles, signin
from devopsweb.iam.credentials_source import LIVES_WITH, STARTED_BY, STARTED_WITH, TRANSITIVE_TAGS
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.mfa import gate
from devopsweb.iam.models import Policy, Role, User
from devopsweb.iam.sts import wishes
from devopsweb.iam.sts.errors import SessionDenied
from devopsweb.iam.sts.tokens import Session
from devopsweb.iam.sts.wishes import HOUR, Wish
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

HALF_A_DAY = 12 * HOUR
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# What credentials of GetSessionToken and GetFederationToken can't do, whatever their user may.
_NO_IDENTITIES = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},'
    '{"Sid":"SessionCredentials","Effect":"Deny","Action":"iam:*","Resource":"*"}]}'
)
_NO_IDENTITIES_ONLY = '{"Version":"2012-10-17","Statement":[{"Sid":"SessionCredentials","Effect":"Deny","Action":["iam:*","sts:*"],"Resource":"*"}]}'


def assume(*, by: Principal, role_arn: str, wish: Wish, at: datetime) -> Session:
    """A session of the role for ``by``: their own policies and the role's trust policy must both agree.

    Raises ``AccessDenied``, ``SessionDenied``, ``ParameterProblem``, ``PackedPolicyTooLarge``.
    """
    if by.kind == "FederatedUser":
        raise SessionDenied("Cannot call AssumeRole with federation credentials.")
    given_at = _second_factor(by, wish, at=at)
    extra = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if given_at else {}
    role = _trusting(by, role_arn, wish, "sts:AssumeRole", extra)
    source_identity = _source_identity(by, wish)
    chained = by.kind == "AssumedRole"
    inherited = {key[17:]: value for key, value in by.session.items() if key.startswith("aws:PrincipalTag/")}
    passing_on = tuple(filter(None, by.session.get(TRANSITIVE_TAGS, "").split(",")))
    tags, transitive = wishes.joined(wish, inherited, passing_on)
    return of_role(
        role,
        wish,
        seconds=wishes.role_seconds(wish, most=role.max_session_seconds, chained=chained),
        at=at,
        started_by=_starter(by),
        started_with=_key(by),
        lives_with=by.session.get(LIVES_WITH, ""),
        mfa=given_at,
        tags=tags,
        transitive=transitive,
        source_identity=source_identity,
    )


def of_role(role: Role, wish: Wish, *, seconds: int, at: datetime, **more: Any) -> Session:
    """The session itself, once everybody agreed."""
    session = _session(
        kind="AssumedRole",
        identity=role.unique_id,
        name=wish.name,
        seconds=seconds,
        at=at,
        policies=wish.policies(),
        policy_arns=_known(wish.policy_arns),
        **more,
    )
    wishes.packed_percent(session)
    return session


def lent(
    service: str, role_arn: str, name: str, *, lives_with: str, source_arn: str, seconds: int, at: datetime
) -> Session:
    """A session of the role for a program that ``service`` runs for ``source_arn``.

    It ends when what it ``lives_with`` does, and after ``seconds``. Raises ``AccessDenied``.
    """
    acting = service_roles.session(service, role_arn, name, source_arn=source_arn, at=at)
    identity, _, session_name = acting.unique_id.partition(":")
    return _session(
        kind="AssumedRole",
        identity=identity,
        name=session_name,
        seconds=seconds,
        at=at,
        lives_with=lives_with,
    )


def of_user(*, by: Principal, wish: Wish, at: datetime) -> Session:
    """A session with the permissions of the calling user (GetSessionToken). Raises ``SessionDenied``."""
    user = _long_term_user(by, "GetSessionToken")
    given_at = _second_factor(by, wish, at=at)
    return _session(
        kind="User",
        identity=user.unique_id,
        name=user.username,
        seconds=wish.seconds or HALF_A_DAY,
        at=at,
        started_by=user.unique_id,
        started_with=_key(by),
        mfa=given_at,
        policies=() if given_at else (_NO_IDENTITIES,),
    )


def federated(*, by: Principal, wish: Wish, at: datetime) -> Session:
    """A session for somebody outside, with what both the calling user and the session policies allow.

    Raises ``AccessDenied``, ``SessionDenied``, ``PackedPolicyTooLarge``.
    """
    user = _long_term_user(by, "GetFederationToken")
    resource = arn("sts", f"federated-user/{wish.name}")
    _require(by, "sts:GetFederationToken", resource, _tag_facts(wish))
    if wish.tags:
        _require(by, "sts:TagSession", resource, _tag_facts(wish))
    own, policy_arns = wish.policies(), _known(wish.policy_arns)
    session = _session(
        kind="FederatedUser",
        identity=user.unique_id,
        name=wish.name,
        seconds=wish.seconds or HALF_A_DAY,
        at=at,
        started_by=user.unique_id,
        started_with=_key(by),
        policies=(*own, _NO_IDENTITIES_ONLY) if own or policy_arns else (),
        policy_arns=policy_arns,
        tags=dict(wish.tags),
    )
    wishes.packed_percent(session)
    return session


def trusting(actor: Principal, role_arn: str, action: str, context: dict[str, Any]) -> Role:
    """The role, if ``actor`` may take ``action`` to it. Raises ``AccessDenied``, whether it exists or not."""
    audit.touched(actor, role_arn)
    role = service_roles.by_arn(role_arn)
    trust = (role.trust_policy if role else None) or service_roles.trust_of("nobody")
    decision = decisions.decide(actor, action, role_arn, context, resource_policy=trust)
    if role is None or not decision.allowed:
        raise decisions.AccessDenied(actor, decision)
    return role


def trust_facts(wish: Wish) -> dict[str, Any]:
    """The condition keys that a trust policy can ask for."""
    facts: dict[str, Any] = {"sts:RoleSessionName": wish.name, **_tag_facts(wish)}
    if wish.external_id:
        facts["sts:ExternalId"] = wish.external_id
    if wish.source_identity:
        facts["sts:SourceIdentity"] = wish.source_identity
    return facts


def require_extras(actor: Principal, role_arn: str, wish: Wish, context: dict[str, Any]) -> None:
    """Tags and a source identity need permissions of their own, on both sides. Raises ``AccessDenied``."""
    if wish.tags or wish.transitive:
        trusting(actor, role_arn, "sts:TagSession", context)
    if wish.source_identity:
        trusting(actor, role_arn, "sts:SetSourceIdentity", context)


def _trusting(by: Principal, role_arn: str, wish: Wish, action: str, extra: dict[str, Any]) -> Role:
    context = {**trust_facts(wish), **extra}
    role = trusting(by, role_arn, action, context)
    require_extras(by, role_arn, wish, context)
    return role


def _tag_facts(wish: Wish) -> dict[str, Any]:
    facts: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in wish.tags.items()}
    if wish.tags:
        facts["aws:TagKeys"] = tuple(wish.tags)
    if wish.transitive:
        facts["sts:TransitiveTagKeys"] = wish.transitive
    return facts


def _require(by: Principal, action: str, resource: str, context: dict[str, Any]) -> None:
    decision = decisions.decide(by, action, resource, context)
    if not decision.allowed:
        raise decisions.AccessDenied(by, decision)


def _source_identity(by: Principal, wish: Wish) -> str:
    """Once set, it stays for every role that is assumed from there."""
    present = by.session.get("aws:SourceIdentity", "")
    if present and wish.source_identity not in ("", present):
        raise SessionDenied("The source identity of a session can't be changed.")
    return wish.source_identity or present


def _second_factor(by: Principal, wish: Wish, *, at: datetime) -> int:
    """When a second factor was given with this very request; 0 when none was. Raises ``SessionDenied``."""
    if not wish.serial_number and not wish.token_code:
        return 0
    if not wish.serial_number or not wish.token_code:
        raise ParameterProblem("SerialNumber and TokenCode go together.", parameter="tokenCode")
    user = _user(by)
    if user is None:
        raise SessionDenied("MultiFactorAuthentication failed: only users have devices.")
    name = gate.counted_as(user)
    signin.guard(name, source_ip="", at=at)
    if not mfa.accept_of(device_arn=wish.serial_number, user=user, code=wish.token_code, at=at):
        signin.note_failure(name, source_ip="", at=at)
        raise SessionDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.")
    signin.note_success(name, source_ip="")
    return int(at.timestamp())


def _long_term_user(by: Principal, operation: str) -> User:
    if by.kind != "User" or "aws:TokenIssueTime" in by.session:
        raise SessionDenied(f"Cannot call {operation} with session credentials")
    user = _user(by)
    if user is None:
        raise SessionDenied(f"Cannot call {operation} without being a user.")
    return user


def _starter(by: Principal) -> str:
    user = _user(by)
    return user.unique_id if user else by.session.get(STARTED_BY, "")


def _key(by: Principal) -> str:
    """The long-term key behind the caller; empty for who signed in otherwise."""
    return by.session.get(STARTED_WITH, "") if "aws:TokenIssueTime" in by.session else by.access_key_id


def _user(by: Principal) -> User | None:
    if by.kind != "User" or by.user_id is None:
        return None
    return User.objects.filter(pk=by.user_id, is_active=True).first()


def _known(policy_arns: tuple[str, ...]) -> tuple[str, ...]:
    """The ARNs, each that of a managed policy. Raises ``ParameterProblem``."""
    if len(policy_arns) > wishes.MOST_POLICY_ARNS:
        raise ParameterProblem(
            f"A session takes at most {wishes.MOST_POLICY_ARNS} policy ARNs.", parameter="policyArns"
        )
    names = [one.rpartition("/")[2] for one in policy_arns]
    there = {policy.arn for policy in Policy.objects.filter(name__in=names)} if names else set()
    for one in policy_arns:
        if one not in there:
            raise ParameterProblem(f"PolicyArn {one} does not exist.", parameter="policyArns")
    return policy_arns


def _session(*, seconds: int, at: datetime, **more: Any) -> Session:
    issued = int(at.timestamp())
    return Session(
        access_key_id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
        secret=secrets.token_urlsafe(30),
        issued=issued,
        expires=issued + seconds,
        **more,
    )
