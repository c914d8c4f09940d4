"""Identities and policies for a principal, or a refusal that names the missing action and ARN.

The question is asked before the look-up, so that a refusal does not tell who exists.
"""

from devopsweb.iam import api as iam
from devopsweb.iam.errors import NoSuchEntity
from devopsweb.iam.models import Policy, Role, User, UserGroup
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Denied
from devopsweb.kernel.principals import Principal

_LISTS = {
    "user": ("iam:ListUsers", "user/"),
    "group": ("iam:ListGroups", "group/"),
    "role": ("iam:ListRoles", "role/"),
    "policy": ("iam:ListPolicies", "policy/"),
}


class OnlyAdministrators(Denied):
    """Only an administrator may change what administrators are."""


def may_list(principal: Principal, kind: str) -> None:
    """Raise ``AccessDenied`` unless the principal may list users, groups, roles or policies."""
    action, resource = _LISTS[kind]
    iam.require(principal, action, arn("iam", resource))


def may_create(principal: Principal, kind: str, name: str = "*") -> None:
    """Raise ``AccessDenied`` unless the principal may create such a thing (of that name)."""
    iam.require(principal, f"iam:Create{kind.capitalize()}", arn("iam", f"{kind}/{name}"))


def can_create(principal: Principal, kind: str) -> bool:
    """Whether to offer the creation of such a thing at all."""
    return iam.is_allowed(principal, f"iam:Create{kind.capitalize()}", arn("iam", f"{kind}/*"))


def user(principal: Principal, name: str, action: str) -> User:
    """The user ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, arn("iam", f"user/{name}"))
    found = User.objects.filter(username=name).first()
    if found is None:
        raise NoSuchEntity(f"The user with name {name} cannot be found.")
    return found


def changeable_user(principal: Principal, name: str, action: str) -> User:
    """Like ``user``; an administrator's account yields to administrators only."""
    found = user(principal, name, action)
    if found.is_superuser:
        only_administrators(principal, f"{name} is an administrator")
    return found


def only_administrators(principal: Principal, why: str) -> None:
    """Raise ``OnlyAdministrators`` unless the principal is one."""
    if not User.objects.filter(pk=principal.user_id or 0, is_superuser=True, is_active=True).exists():
        raise OnlyAdministrators(f"{why}: only another administrator may do this. Nothing was changed.")


def group(principal: Principal, name: str, action: str) -> UserGroup:
    """The group ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, arn("iam", f"group/{name}"))
    found = UserGroup.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"The group with name {name} cannot be found.")
    return found


def role(principal: Principal, name: str, action: str) -> Role:
    """The role ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    iam.require(principal, action, arn("iam", f"role/{name}"))
    found = Role.objects.filter(name=name).first()
    if found is None:
        raise NoSuchEntity(f"The role with name {name} cannot be found.")
    return found


def policy(principal: Principal, name: str, action: str) -> Policy:
    """The policy ``name``. Raises ``AccessDenied``, ``NoSuchEntity``."""
    found = Policy.objects.filter(name=name).first()
    iam.require(principal, action, found.arn if found else arn("iam", f"policy/{name}"))
    if found is None:
        raise NoSuchEntity(f"Policy {name} was not found.")
    return found


def target(principal: Principal, kind: str, name: str, verb: str) -> User | UserGroup | Role:
    """The user, group or role to or from which a policy is attached or detached (``verb``)."""
    action = f"iam:{verb}{kind.capitalize()}Policy"
    if kind == "user":
        return changeable_user(principal, name, action)
    return group(principal, name, action) if kind == "group" else role(principal, name, action)


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
