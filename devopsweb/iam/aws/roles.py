"""Roles."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import roles
from devopsweb.iam.actions import tags as tagging
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam, read_document
from devopsweb.kernel import tags


@iam.operation("CreateRole")
def create_role(call: Call, params: Params) -> Result:
    """A role with its trust policy and without permissions."""
    name, path, limit = params["RoleName"], params.get("Path", "/"), params.get("PermissionsBoundary", "")
    wanted = tags.pairs(params.get("Tags", []))
    access.may_create(call.principal, "role", name, path=path, tags=dict(wanted), boundary=limit)
    role = roles.create(
        name=name,
        path=path,
        trust_policy=read_document(params["AssumeRolePolicyDocument"]),
        description=params.get("Description", ""),
        max_session_seconds=params.get("MaxSessionDuration", roles.SHORTEST_SESSION),
        tags=tagging.checked(wanted),
        boundary=access.attachable_policy(limit) if limit else None,
        by=call.principal,
        at=call.at,
    )
    return {"Role": shapes.role(role)}


@iam.operation("GetRole")
def get_role(call: Call, params: Params) -> Result:
    """A role and when it was last used."""
    return {"Role": shapes.role(access.role(call.principal, params["RoleName"], "iam:GetRole"))}


@iam.operation("ListRoles")
def list_roles(call: Call, params: Params) -> Result:
    """The roles under a path."""
    prefix = params.get("PathPrefix", "/")
    access.may_list(call.principal, "role", prefix)
    found = shapes.page(queries.roles_under(prefix), params, key="name", scope=f"ListRoles:{prefix}")
    return shapes.marked({"Roles": [shapes.role(row, full=False) for row in found.rows]}, found.next_token)


@iam.operation("UpdateRole")
def update_role(call: Call, params: Params) -> Result:
    """Another description or longest session."""
    role = access.role(call.principal, params["RoleName"], "iam:UpdateRole")
    roles.update(
        role=role,
        description=params.get("Description"),
        max_session_seconds=params.get("MaxSessionDuration"),
        by=call.principal,
        at=call.at,
    )
    return {}


@iam.operation("UpdateRoleDescription")
def update_role_description(call: Call, params: Params) -> Result:
    """Another description; ``UpdateRole`` does the same."""
    role = access.role(call.principal, params["RoleName"], "iam:UpdateRoleDescription")
    roles.update(role=role, description=params["Description"], by=call.principal, at=call.at)
    return {"Role": shapes.role(role)}


@iam.operation("UpdateAssumeRolePolicy")
def update_assume_role_policy(call: Call, params: Params) -> Result:
    """Say who may assume the role."""
    role = access.role(call.principal, params["RoleName"], "iam:UpdateAssumeRolePolicy")
    trust = read_document(params["PolicyDocument"])
    roles.set_trust(role=role, trust_policy=trust, by=call.principal, at=call.at)
    return None


@iam.operation("DeleteRole")
def delete_role(call: Call, params: Params) -> Result:
    """Delete a role without policies."""
    role = access.role(call.principal, params["RoleName"], "iam:DeleteRole")
    roles.delete(role=role, by=call.principal, at=call.at)
    return None
