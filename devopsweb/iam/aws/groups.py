"""Groups and their members."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import groups, users
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam


@iam.operation("CreateGroup")
def create_group(call: Call, params: Params) -> Result:
    """A group without members."""
    name, path = params["GroupName"], params.get("Path", "/")
    access.may_create(call.principal, "group", name, path=path)
    group = groups.create(name=name, path=path, by=call.principal, at=call.at)
    return {"Group": shapes.group(group)}


@iam.operation("GetGroup")
def get_group(call: Call, params: Params) -> Result:
    """A group and its members."""
    group = access.group(call.principal, params["GroupName"], "iam:GetGroup")
    found = shapes.page(group.members.all(), params, key="username", scope=f"GetGroup:{group.pk}")
    members = [shapes.user(row, full=False) for row in found.rows]
    return shapes.marked({"Group": shapes.group(group), "Users": members}, found.next_token)


@iam.operation("ListGroups")
def list_groups(call: Call, params: Params) -> Result:
    """The groups under a path."""
    prefix = params.get("PathPrefix", "/")
    access.may_list(call.principal, "group", prefix)
    found = shapes.page(queries.groups_under(prefix), params, key="name", scope=f"ListGroups:{prefix}")
    return shapes.marked({"Groups": [shapes.group(row) for row in found.rows]}, found.next_token)


@iam.operation("ListGroupsForUser")
def list_groups_for_user(call: Call, params: Params) -> Result:
    """The groups that a user is a member of."""
    user = access.user(call.principal, params["UserName"], "iam:ListGroupsForUser")
    found = shapes.page(user.iam_groups.all(), params, key="name", scope=f"ListGroupsForUser:{user.pk}")
    return shapes.marked({"Groups": [shapes.group(row) for row in found.rows]}, found.next_token)


@iam.operation("UpdateGroup")
def update_group(call: Call, params: Params) -> Result:
    """Another name or path."""
    group = access.group(call.principal, params["GroupName"], "iam:UpdateGroup")
    name, path = params.get("NewGroupName"), params.get("NewPath")
    access.may_become(call.principal, "group", group, name or group.name, path or group.path)
    groups.update(group=group, name=name, path=path, by=call.principal, at=call.at)
    return None


@iam.operation("DeleteGroup")
def delete_group(call: Call, params: Params) -> Result:
    """Delete a group without members and policies."""
    group = access.group(call.principal, params["GroupName"], "iam:DeleteGroup")
    groups.delete(group=group, by=call.principal, at=call.at)
    return None


@iam.operation("AddUserToGroup")
def add_user_to_group(call: Call, params: Params) -> Result:
    """Make a user a member."""
    group = access.group(call.principal, params["GroupName"], "iam:AddUserToGroup")
    user = access.found_user(params["UserName"])
    users.join(user=user, group=group, by=call.principal, at=call.at)
    return None


@iam.operation("RemoveUserFromGroup")
def remove_user_from_group(call: Call, params: Params) -> Result:
    """Take a user out."""
    group = access.group(call.principal, params["GroupName"], "iam:RemoveUserFromGroup")
    user = access.found_user(params["UserName"])
    users.leave(user=user, group=group, by=call.principal, at=call.at)
    return None
