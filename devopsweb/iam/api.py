"""The front door of identity: who is it, and may they?"""

from collections.abc import Mapping

from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from devopsweb.iam.engine.evaluate import Decision, PolicySource, decide
from devopsweb.iam.models import PolicyAttachment, User
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Denied
from devopsweb.kernel.principals import Principal

__all__ = [
    "AccessDenied",
    "Decision",
    "Principal",
    "authenticate_basic",
    "authorize",
    "is_allowed",
    "principal_of",
    "require",
    "service_principal",
]

ROOT = Decision("allowed", "*", "*", "AdministratorAccess", "superuser")


class AccessDenied(Denied):
    """The principal may not do this; ``decision`` says why."""

    def __init__(self, principal: Principal, decision: Decision) -> None:
        reason = (
            f"with an explicit deny in the policy {decision.policy} ({decision.statement})"
            if decision.effect == "explicitDeny"
            else f"because no identity-based policy allows the {decision.action} action"
        )
        super().__init__(
            f"User: {principal.arn} is not authorized to perform: {decision.action} "
            f"on resource: {decision.resource} {reason}"
        )
        self.principal = principal
        self.decision = decision


def principal_of(user: AbstractBaseUser | AnonymousUser) -> Principal | None:
    """The principal of a logged-in user, or None."""
    if isinstance(user, User) and user.is_active:
        return Principal(arn=user.arn, name=user.username, kind="User", user_id=user.pk)
    return None


def service_principal(service: str) -> Principal:
    """The principal under which a service of this installation acts (``codepipeline``)."""
    return Principal(arn=arn("iam", f"role/service/{service}"), name=service, kind="Service")


def authenticate_basic(username: str, password: str) -> Principal | None:
    """The principal of a user name and password (git over HTTP), or None."""
    user = authenticate(username=username, password=password)
    return principal_of(user) if user else None


def authorize(
    principal: Principal, action: str, resource: str, context: Mapping[str, str] | None = None
) -> Decision:
    """May ``principal`` do ``action`` (``codepipeline:GetPipeline``) upon the ARN ``resource``?"""
    if principal.kind == "Service":
        return Decision("allowed", action, resource, "service", principal.name)
    user = User.objects.filter(pk=principal.user_id or 0, is_active=True).first()
    if user is None:
        return Decision("implicitDeny", action, resource)
    if user.is_superuser:
        return Decision("allowed", action, resource, "AdministratorAccess", "superuser")
    attachments = PolicyAttachment.objects.filter(Q(user=user) | Q(group__members=user)).select_related(
        "policy", "group"
    )
    sources = [
        PolicySource(a.policy.name, a.policy.document, f"group {a.group.name}" if a.group else "user")
        for a in attachments
    ]
    return decide(sources, action, resource)


def is_allowed(principal: Principal, action: str, resource: str) -> bool:
    """``authorize`` as a plain yes or no."""
    return authorize(principal, action, resource).allowed


def require(
    principal: Principal, action: str, resource: str, context: Mapping[str, str] | None = None
) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may do ``action`` upon ``resource``."""
    decision = authorize(principal, action, resource, context)
    if not decision.allowed:
        raise AccessDenied(principal, decision)
