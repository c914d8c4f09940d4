"""The front door of identity: who is it, and may they?"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from devopsweb.iam import (
    audit,
    decisions,
    directory,
    git_signatures,
    password_policy,
    principal_check,
    resource_tags,
    service_credentials,
    service_roles,
    signin,
)
from devopsweb.iam.actions import default_roles, named, sessions
from devopsweb.iam.decisions import AccessDenied
from devopsweb.iam.engine.evaluate import Decision, Reason, RequestContext
from devopsweb.iam.engine.policy import LONGEST_OF_RESOURCE, parse_text
from devopsweb.iam.errors import (
    LastAdministrator,
    MalformedPolicyDocument,
    NoSuchEntity,
    RoleNotAssumable,
    TooManyAttempts,
)
from devopsweb.iam.lending import LentCredentials, lend_credentials
from devopsweb.iam.lifelines import offer as offer_lifeline
from devopsweb.iam.mfa import actions as mfa
from devopsweb.iam.models import Policy, User, UserGroup
from devopsweb.iam.setup import (
    bootstrap_admin,
    ensure_access_key,
    ensure_group,
    ensure_policy,
    ensure_user,
)
from devopsweb.kernel import clock
from devopsweb.kernel import tags as kernel_tags
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

__all__ = [
    "AccessDenied",
    "Decision",
    "LastAdministrator",
    "LentCredentials",
    "MalformedPolicyDocument",
    "NoSuchEntity",
    "Principal",
    "Reason",
    "RoleNotAssumable",
    "TooManyAttempts",
    "allowed_of",
    "assume_role",
    "authenticate_basic",
    "authenticate_git",
    "authorize",
    "bootstrap_admin",
    "claimed_name",
    "default_service_role",
    "email_addresses",
    "ensure_access_key",
    "ensure_group",
    "ensure_policy",
    "ensure_service_role",
    "ensure_user",
    "explain_decision",
    "find_identities",
    "follow_principals",
    "groups_of",
    "is_allowed",
    "lend_credentials",
    "may_administer",
    "offer_lifeline",
    "offer_tags",
    "pass_role",
    "passable_roles",
    "principal_of",
    "request_tags",
    "require",
    "require_each",
    "require_own",
    "resource_policy",
    "service_principal",
    "service_session",
    "users_allowed",
    "who_can_help",
    "why_refused",
]


def principal_of(
    user: AbstractBaseUser | AnonymousUser, *, session: Mapping[str, str] | None = None
) -> Principal | None:
    """The principal of a logged-in user, or None; ``session`` holds context keys (``aws:SourceIp``)."""
    if isinstance(user, User) and user.is_active:
        return Principal(
            arn=user.arn,
            name=user.username,
            kind="User",
            user_id=user.pk,
            session=session or {},
            unique_id=user.unique_id,
        )
    return None


def service_principal(service: str) -> Principal:
    """A service of this installation itself.

    AWS's services (``codepipeline``) have no rights of their own: they act in a ``service_session``.
    Others (``sample``) keep house for the installation and may everything.
    """
    return Principal(arn=arn("iam", f"role/service/{service}"), name=service, kind="Service")


def authenticate_basic(username: str, password: str, *, source_ip: str = "") -> Principal | None:
    """The principal of a user name and password (git over HTTP), or None.

    A password that was right a moment ago is recognised without the slow hash. The password of
    somebody with a second factor is not enough, and neither is one that must be changed. Raises
    ``TooManyAttempts`` after repeated failures from one place.
    """
    at = clock.now()
    user = signin.verify(username, password, source_ip=source_ip, at=at)
    if user and (mfa.is_enabled(user) or password_policy.must_change(user, at=at)):
        return None
    return principal_of(user, session={"aws:SourceIp": source_ip} if source_ip else None) if user else None


def authenticate_git(
    username: str, password: str, *, paths: Iterable[str], hosts: Iterable[str], source_ip: str = ""
) -> Principal | None:
    """The principal of the user name and password that a git client sends, or None.

    They may be a signature (git-remote-codecommit, ``aws codecommit credential-helper``), a service-specific
    credential, or a user's own.
    ``paths`` and ``hosts`` are what the client may have called the repository and us. Raises
    ``TooManyAttempts``.
    """
    if "\0" in username + password:
        return None
    at = clock.now()
    if git_signatures.is_signature(password):
        context = {"aws:SourceIp": source_ip} if source_ip else {}
        return git_signatures.verify(username, password, paths=paths, hosts=hosts, context=context, at=at)
    if service_credentials.is_name(username) and (
        user := service_credentials.verify(username, password, service=service_credentials.GIT, at=at)
    ):
        return principal_of(user, session={"aws:SourceIp": source_ip} if source_ip else None)
    return authenticate_basic(username, password, source_ip=source_ip)


def claimed_name(username: str, password: str) -> tuple[str, str]:
    """Who a git client that was turned away claims to be: a user's name and an access key's id.

    A name that is nobody's is hidden, for people type passwords into the wrong field.
    """
    if git_signatures.is_signature(password):
        key = username.partition("%")[0]
        return "", key if re.fullmatch(r"A[KS]IA[A-Z0-9]{12,28}", key) else ""
    return sessions.shown_name(username), ""


def authorize(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
) -> Decision:
    """May ``principal`` do ``action`` (``codepipeline:GetPipeline``) upon the ARN ``resource``?

    ``context`` adds condition keys of the request (``codecommit:References``); ``resource_policy`` is the
    resource's own policy, if it has one (a role's trust policy, a repository's permissions policy).
    """
    return decisions.decide(principal, action, resource, context, resource_policy=resource_policy)


def explain_decision(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
) -> list[Reason]:
    """What each policy statement says to this request; empty for services and administrators."""
    return decisions.explain(principal, action, resource, context, resource_policy=resource_policy)


def groups_of(principal: Principal) -> tuple[str, ...]:
    """The names of the groups that the principal is a member of."""
    grants = directory.grants(principal.user_id) if principal.user_id else None
    return grants.groups if grants else ()


def is_allowed(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> bool:
    """``authorize`` as a plain yes or no; ``tags`` are the resource's, where they are at hand (in lists)."""
    return decisions.decide(
        principal, action, resource, context, resource_policy=resource_policy, tags=tags
    ).allowed


def allowed_of(principal: Principal, action: str, resources: Iterable[str]) -> list[str]:
    """Those of the ARNs upon which ``principal`` may do ``action``; at most one query finds their tags."""
    asked = list(resources)
    tags = resource_tags.LookUp(asked)
    return [one for one in asked if decisions.decide(principal, action, one, tags=tags).allowed]


def require(
    principal: Principal,
    action: str,
    resource: str,
    context: RequestContext | None = None,
    *,
    resource_policy: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may do ``action`` upon ``resource`` (with ``tags``)."""
    _hold(
        principal,
        decisions.decide(principal, action, resource, context, resource_policy=resource_policy, tags=tags),
    )


def require_each(principal: Principal, action: str, resources: Iterable[str]) -> None:
    """``require`` for each of the ARNs; at most one query finds their tags."""
    asked = list(resources)
    tags = resource_tags.LookUp(asked)
    for one in asked:
        _hold(principal, decisions.decide(principal, action, one, tags=tags))


def _hold(principal: Principal, decision: Decision) -> None:
    refusal = None if decision.allowed else AccessDenied(principal, decision)
    audit.required(principal, decision.action, decision.resource, str(refusal or ""))
    if refusal is not None:
        raise refusal


def require_own(
    principal: Principal, action: str, resource: str, context: RequestContext | None = None
) -> None:
    """``require`` for what is the principal's own: allowed unless a policy denies it outright.

    Whoever may sign in may make the sign-in safer; a policy takes that away by an explicit ``Deny``.
    Raises ``AccessDenied``.
    """
    decision = authorize(principal, action, resource, context)
    refusal = AccessDenied(principal, decision) if decision.effect == "explicitDeny" else None
    audit.required(principal, action, resource, str(refusal or ""))
    if refusal is not None:
        raise refusal


def resource_policy(text: str) -> Mapping[str, Any]:
    """The document of a resource's own policy, given as JSON. Raises ``MalformedPolicyDocument``.

    Users and roles of this account that it names must be there.
    """
    found = parse_text(text, kind="resource", longest=LONGEST_OF_RESOURCE).document
    principal_check.require_there(found)
    return found


def follow_principals(follower: named.Follower) -> None:
    """Have ``follower(old name, change)`` called when a user or role gets another name, or is deleted.

    It keeps ``change(document)`` of every resource policy that may hold the old name, in the same transaction.
    """
    named.follow(follower)


def pass_role(principal: Principal, role_arn: str, service: str, *, associated: str = "") -> None:
    """Require that ``principal`` may give the role to ``service`` (``codepipeline.amazonaws.com``).

    ``associated`` is the ARN of the object that gets the role. The service's default role is made when it
    is missing. Raises ``AccessDenied`` without
    ``iam:PassRole``, ``RoleNotAssumable`` when the role is missing or does not trust the service.
    """
    require(principal, "iam:PassRole", role_arn, service_roles.passing(service, associated))
    if role_arn == default_service_role(name := service.removesuffix(".amazonaws.com")):
        default_roles.ensure_default(name, at=clock.now())
    service_roles.require_trust(role_arn, service, associated=associated)


def passable_roles(principal: Principal, service: str) -> list[str]:
    """The ARNs of the roles that trust ``service`` (``codepipeline``) and that ``principal`` may pass to it."""
    return service_roles.passable(principal, service)


def service_session(
    service: str, role_arn: str, session_name: str, *, source_arn: str = "", at: datetime | None = None
) -> Principal:
    """The session of the role under which ``service`` (``codepipeline``) acts for the object ``source_arn``.

    Raises ``AccessDenied`` when the role is gone or its trust policy does not name the service.
    """
    return service_roles.session(service, role_arn, session_name, source_arn=source_arn, at=at or clock.now())


def assume_role(principal: Principal, role_arn: str, session_name: str, *, at: datetime) -> Principal:
    """The session of the role for ``principal``, whom its trust policy must let in. Raises ``AccessDenied``."""
    return service_roles.assume(principal, role_arn, session_name, at=at)


def default_service_role(service: str) -> str:
    """The ARN of the role that objects of ``service`` (``codebuild``) get when nobody chooses one.

    It is made when it is passed for the first time. Empty for a service without one.
    """
    return default_roles.default_arn(service)


def ensure_service_role(name: str, *, service: str, statements: list[dict[str, Any]], at: datetime) -> str:
    """The ARN of the role ``name`` that ``service`` may assume; made with ``statements`` when it is missing."""
    return default_roles.ensure(name, service=service, statements=statements, at=at).arn


def offer_tags(service: str, find: Callable[[Sequence[str]], Mapping[str, Mapping[str, str]]]) -> None:
    """Have ``find`` asked for the tags of ``service``'s resources, by the last parts of their ARNs.

    Policies then know them as ``aws:ResourceTag/…``; they are looked for only when one asks.
    """
    resource_tags.offer(service, find)


def request_tags(tags: Mapping[str, str] | Sequence[str]) -> dict[str, str | list[str]]:
    """The condition keys of a request that sets ``tags``, or takes away those of these keys.

    Pages say them; operations of the API bring them by themselves.
    """
    return kernel_tags.of_request(tags)


def why_refused(decision: Decision) -> str:
    """A sentence to whoever was refused: what stands in their way."""
    return decisions.sentence(decision)


def who_can_help(principal: Principal, decision: Decision) -> list[str]:
    """The names of the users who could take the reason of the refusal away."""
    return decisions.menders(principal, decision)


def users_allowed(action: str, resource: str, context: RequestContext | None = None) -> list[str]:
    """The names of the active users who may do ``action`` upon ``resource``, sorted.

    Of a request nothing is known but ``context``: whoever may only with a second factor may not.
    """
    return decisions.users_allowed(action, resource, context)


def may_administer(principal: Principal) -> bool:
    """Whether the admin panel opens for the principal."""
    return is_allowed(principal, "iam:GetAccountSummary", "*")


def find_identities(text: str, *, users_only: bool = False, limit: int = 5) -> list[tuple[str, str]]:
    """(kind, name) of users, groups and policies whose name contains ``text``; some of each."""
    users = User.objects.filter(username__icontains=text).order_by("username")
    found = [("user", name) for name in users.values_list("username", flat=True)[:limit]]
    if users_only:
        return found
    for kind, model in (("group", UserGroup), ("policy", Policy)):
        rows = model.objects.filter(name__icontains=text).order_by("name")
        found += [(kind, name) for name in rows.values_list("name", flat=True)[:limit]]
    return found


def email_addresses(names: Iterable[str]) -> list[str]:
    """The addresses of those of the users ``names`` who have one, by user name."""
    known = dict(User.objects.filter(username__in=list(names)).values_list("username", "email"))
    return [address for name in sorted(known) if (address := known[name])]
