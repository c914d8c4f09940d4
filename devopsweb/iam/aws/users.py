"""Users."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import tags as tagging
from devopsweb.iam.actions import users
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.callers import own_name
from devopsweb.kernel import tags


@iam.operation("CreateUser")
def create_user(call: Call, params: Params) -> Result:
    """A user without credentials."""
    name, path, limit = params["UserName"], params.get("Path", "/"), params.get("PermissionsBoundary", "")
    wanted = tags.pairs(params.get("Tags", []))
    access.may_create(call.principal, "user", name, path=path, tags=dict(wanted), boundary=limit)
    user = users.create(
        name=name, password=None, path=path, tags=tagging.checked(wanted),
        boundary=access.attachable_policy(limit) if limit else None, by=call.principal, at=call.at,
    )  # fmt: skip
    return {"User": shapes.user(user)}


@iam.operation("GetUser")
def get_user(call: Call, params: Params) -> Result:
    """A user, the caller by default."""
    name = params.get("UserName") or own_name(call.principal)
    return {"User": shapes.user(access.user(call.principal, name, "iam:GetUser"))}


@iam.operation("ListUsers")
def list_users(call: Call, params: Params) -> Result:
    """The users under a path."""
    prefix = params.get("PathPrefix", "/")
    access.may_list(call.principal, "user", prefix)
    found = shapes.page(queries.users_under(prefix), params, key="username", scope=f"ListUsers:{prefix}")
    return shapes.marked({"Users": [shapes.user(row, full=False) for row in found.rows]}, found.next_token)


@iam.operation("UpdateUser")
def update_user(call: Call, params: Params) -> Result:
    """Another name or path."""
    user = access.changeable_user(call.principal, params["UserName"], "iam:UpdateUser")
    name, path = params.get("NewUserName"), params.get("NewPath")
    access.may_become(call.principal, "user", user, name or user.username, path or user.path)
    users.update(user=user, name=name, path=path, by=call.principal, at=call.at)
    return None


@iam.operation("DeleteUser")
def delete_user(call: Call, params: Params) -> Result:
    """Delete a user of whom nothing is left but the name."""
    user = access.changeable_user(call.principal, params["UserName"], "iam:DeleteUser")
    users.delete(user=user, by=call.principal, at=call.at)
    return None
