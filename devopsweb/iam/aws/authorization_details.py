"""Everything about who may do what, in one paged list."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, details
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.models import Role, User, UserGroup

_LISTS = {
    "user": "UserDetailList",
    "group": "GroupDetailList",
    "role": "RoleDetailList",
    "policy": "Policies",
}


@iam.operation("GetAccountAuthorizationDetails")
def get_account_authorization_details(call: Call, params: Params) -> Result:
    """Users, groups, roles and policies with all that they give."""
    access.account(call.principal, "iam:GetAccountAuthorizationDetails")
    wanted = params.get("Filter", [])
    found = details.page(wanted, marker=params.get("Marker", ""), size=params.get("MaxItems", shapes.PAGE))
    listed: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS.values()}
    for row in found.rows:
        kind, shape = _shape(row)
        listed[_LISTS[kind]].append(shape)
    return shapes.marked(dict(listed), found.next_token)


def _shape(row: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(row, User):
        return "user", _user(row)
    if isinstance(row, UserGroup):
        own = {"GroupPolicyList": shapes.inline(row.inline_policies.all())}
        return "group", shapes.group(row) | own | _attached(row)
    if isinstance(row, Role):
        return "role", _role(row)
    versions = [shapes.version(one, with_document=True) for one in row.versions.all()]
    shape = shapes.policy(row) | {"PolicyVersionList": versions}
    return "policy", {name: value for name, value in shape.items() if name != "Tags"}


def _user(row: User) -> dict[str, Any]:
    shape = shapes.user(row) | {"Tags": shapes.tag_list(row.tags)}
    shape.pop("PasswordLastUsed", None)
    return (
        shape
        | {"UserPolicyList": shapes.inline(row.inline_policies.all())}
        | {"GroupList": sorted(group.name for group in row.iam_groups.all())}
        | _attached(row)
    )


def _role(row: Role) -> dict[str, Any]:
    shape = shapes.role(row) | {"Tags": shapes.tag_list(row.tags), "InstanceProfileList": []}
    for name in ("MaxSessionDuration", "Description"):
        shape.pop(name, None)
    return shape | {"RolePolicyList": shapes.inline(row.inline_policies.all())} | _attached(row)


def _attached(row: User | UserGroup | Role) -> dict[str, Any]:
    return {"AttachedManagedPolicies": shapes.attached(row.policy_attachments.all())}
