"""Identities and policies for a principal, or a refusal that names the missing action and ARN.

The question names the ARN with the path of the thing; a refusal reads the same whether the thing exists,
unless it has a path.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from devopsweb.iam import api as iam
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.models import Policy, Role, User, UserGroup
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Denied
from devopsweb.kernel.principals import Principal

Found = TypeVar("Found")
Facts = Mapping[str, str | Sequence[str]]

_LISTS = {
    "user": ("iam:ListUsers", "user/"),
    "group": ("iam:ListGroups", "group/"),
    "role": ("iam:ListRoles", "role/"),
    "policy": ("iam:ListPolicies", "policy/"),
}


class OnlyAdministrators(Denied):
    """Only an administrator may change what administrators are."""


def may_list(principal: Principal, kind: str, prefix: str = "/") -> None:
    """Raise ``AccessDenied`` unless the principal may list users, groups, roles or policies (under a path)."""
    action, resource = _LISTS[kind]
    iam.require(principal, action, arn("iam", f"{resource}{prefix[1:]}"))


def may_create(
    principal: Principal,
    kind: str,
    name: str = "*",
    *,
    path: str = "/",
    tags: Mapping[str, str] | None = None,
    boundary: str = "",
) -> None:
    """Raise ``AccessDenied`` unless the principal may create such a thing (of that name and path).

    ``tags`` and ``boundary`` (an ARN) are what it shall begin with.
    """
    context = iam.request_tags(tags or {}) | ({"iam:PermissionsBoundary": boundary} if boundary else {})
    resource = arn("iam", f"{kind}{path}{name}")
    iam.require(principal, f"iam:Create{kind.capitalize()}", resource, context)
    if tags:
        iam.require(principal, f"iam:Tag{kind.capitalize()}", resource, context)


def may_become(principal: Principal, kind: str, thing: User | UserGroup, name: str, path: str) -> None:
    """Raise ``AccessDenied`` unless the principal may give the user or group that name and path.

    Other things trust the ARN: whoever takes one needs the permission upon it, too.
    """
    wanted = arn("iam", f"{kind}{path}{name}")
    if wanted != thing.arn:
        iam.require(
            principal, f"iam:Update{kind.capitalize()}", wanted, _boundary_of(thing), tags=_tags_of(thing)
        )


def account(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless the principal may do ``action`` with the account as a whole."""
    iam.require(principal, action, "*")


def any_user(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless the principal may do ``action`` with every user."""
    iam.require(principal, action, arn("iam", "user/*"))


def may_link(principal: Principal, resource: str, service: str) -> None:
    """Raise ``AccessDenied`` unless the principal may make that role for the service."""
    iam.require(
        principal,
        "iam:CreateServiceLinkedRole",
        arn("iam", f"role{resource}"),
        {"iam:AWSServiceName": service},
    )


def may_watch_deletion(principal: Principal, resource: str) -> None:
    """Raise ``AccessDenied`` unless the principal may know whether that role is deleted."""
    iam.require(principal, "iam:GetServiceLinkedRoleDeletionStatus", arn("iam", f"role{resource}"))


def may_create_member(principal: Principal, name: str, groups: Iterable[str]) -> None:
    """Raise ``AccessDenied`` unless the principal may create the user, with a password, in these groups."""
    may_create(principal, "user", name)
    iam.require(principal, "iam:CreateLoginProfile", arn("iam", f"user/{name}"))
    for found in groups:
        group(principal, found, "iam:AddUserToGroup")


def is_denied(principal: Principal, action: str, resource: str) -> bool:
    """Whether a policy denies it outright, whatever else allows it."""
    return iam.authorize(principal, action, resource).effect == "explicitDeny"


def can_create(principal: Principal, kind: str) -> bool:
    """Whether to offer the creation of such a thing at all."""
    return iam.is_allowed(principal, f"iam:Create{kind.capitalize()}", arn("iam", f"{kind}/*"))


def user(principal: Principal, name: str, action: str, context: Facts | None = None) -> User:
    """The user ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = User.objects.filter(username=name).select_related("permissions_boundary").first()
    _ask(principal, action, found, f"user/{name}", context)
    return _there(found, f"The user with name {name} cannot be found.")


def all_users(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless the principal may do ``action`` with every user."""
    iam.require(principal, action, arn("iam", "user/*"))


def changeable_user(principal: Principal, name: str, action: str, context: Facts | None = None) -> User:
    """Like ``user``; an administrator's account yields to administrators only."""
    found = user(principal, name, action, context)
    if found.is_superuser:
        only_administrators(principal, f"{name} is an administrator")
    return found


def only_administrators(principal: Principal, why: str) -> None:
    """Raise ``OnlyAdministrators`` unless the principal is one."""
    if not User.objects.filter(pk=principal.user_id or 0, is_superuser=True, is_active=True).exists():
        raise OnlyAdministrators(f"{why}: only another administrator may do this. Nothing was changed.")


def group(principal: Principal, name: str, action: str, context: Facts | None = None) -> UserGroup:
    """The group ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = UserGroup.objects.filter(name=name).first()
    _ask(principal, action, found, f"group/{name}", context)
    return _there(found, f"The group with name {name} cannot be found.")


def role(principal: Principal, name: str, action: str, context: Facts | None = None) -> Role:
    """The role ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = Role.objects.filter(name=name).select_related("permissions_boundary").first()
    _ask(principal, action, found, f"role/{name}", context)
    return _there(found, f"The role with name {name} cannot be found.")


def policy(principal: Principal, name: str, action: str) -> Policy:
    """The policy ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = Policy.objects.filter(name=name).first()
    _ask(principal, action, found, f"policy/{name}")
    return _there(found, f"Policy {name} was not found.")


def policy_by_arn(principal: Principal, policy_arn: str, action: str, context: Facts | None = None) -> Policy:
    """The policy of that ARN. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = find_policy(policy_arn)
    iam.require(principal, action, policy_arn, context, tags=_tags_of(found))
    return _there(found, f"Policy {policy_arn} was not found.")


def attachable_policy(policy_arn: str) -> Policy:
    """The policy to attach, detach or take as a boundary. Raises ``NoSuchEntity``; ask before."""
    return _there(find_policy(policy_arn), f"Policy {policy_arn} does not exist or is not attachable.")


def find_by_name(name: str) -> Policy | None:
    """The policy of that name, if there is one."""
    return Policy.objects.filter(name=name).first() if name else None


def find_policy(policy_arn: str) -> Policy | None:
    """The policy of that ARN."""
    found = Policy.objects.filter(name=policy_arn.rpartition("/")[2]).first()
    return found if found and found.arn == policy_arn else None


def target(
    principal: Principal, kind: str, name: str, verb: str, context: Facts | None = None
) -> User | UserGroup | Role:
    """The user, group or role to or from which a policy is attached or detached (``verb``)."""
    return changeable(principal, kind, name, f"iam:{verb}{kind.capitalize()}Policy", context)


def attachment(
    principal: Principal, kind: str, name: str, verb: str, policy_name: str
) -> tuple[User | UserGroup | Role, Policy]:
    """``target`` and the policy of that name, as the condition key ``iam:PolicyARN`` has it."""
    policy = Policy.objects.filter(name=policy_name).first()
    facts = {"iam:PolicyARN": policy.arn if policy else arn("iam", f"policy/{policy_name}")}
    return target(principal, kind, name, verb, facts), policy or found_policy(policy_name)


def changeable(
    principal: Principal, kind: str, name: str, action: str, context: Facts | None = None
) -> User | UserGroup | Role:
    """The user, group or role, to change what it may do."""
    if kind == "user":
        return changeable_user(principal, name, action, context)
    if kind == "group":
        return group(principal, name, action, context)
    return role(principal, name, action, context)


def visible(principal: Principal, kind: str, name: str, action: str) -> User | UserGroup | Role:
    """The user, group or role, to look at."""
    if kind == "user":
        return user(principal, name, action)
    return group(principal, name, action) if kind == "group" else role(principal, name, action)


def _ask(
    principal: Principal,
    action: str,
    found: User | UserGroup | Role | Policy | None,
    otherwise: str,
    context: Facts | None = None,
) -> None:
    """Ask for the thing by its ARN; for what is not there by the ARN that it would have."""
    resource = found.arn if found else arn("iam", otherwise)
    iam.require(principal, action, resource, {**_boundary_of(found), **(context or {})}, tags=_tags_of(found))


def tags_of(resources: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """The tags of users, roles and policies (``role/ci/builder``), for policies that ask for one."""
    names: dict[str, list[str]] = {}
    for resource in resources:
        names.setdefault(resource.partition("/")[0], []).append(resource.rpartition("/")[2])
    rows: list[User | Role | Policy] = []
    if "user" in names:
        rows += User.objects.filter(username__in=names["user"])
    if "role" in names:
        rows += Role.objects.filter(name__in=names["role"])
    if "policy" in names:
        rows += Policy.objects.filter(name__in=names["policy"])
    return {row.arn.split(":", 5)[5]: row.tags for row in rows}


def _tags_of(thing: User | UserGroup | Role | Policy | None) -> Mapping[str, str]:
    return thing.tags if isinstance(thing, User | Role | Policy) else {}


def _boundary_of(thing: User | UserGroup | Role | Policy | None) -> dict[str, str]:
    if isinstance(thing, User | Role) and thing.permissions_boundary:
        return {"iam:PermissionsBoundary": thing.permissions_boundary.arn}
    return {}


def _there(found: Found | None, otherwise: str) -> Found:
    if found is None:
        raise NoSuchEntity(otherwise)
    return found


def found_user(name: str) -> User:
    """The user of that name, for whoever may act upon another thing with it. Raises ``NoSuchEntity``."""
    found = User.objects.filter(username=name).first()
    if found is None:
        raise NoSuchEntity(f"The user with name {name} cannot be found.")
    return found


def found_policy(name: str) -> Policy:
    """The policy of that name, to attach or detach. Raises ``NoSuchEntity``."""
    found = Policy.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"Policy {name} was not found.")
    return found
