"""Tags of users, roles and policies."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access
from devopsweb.iam.actions import tags as tagging
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.kernel import paging, tags


@iam.operation("TagUser")
def tag_user(call: Call, params: Params) -> Result:
    """Add tags to a user."""
    return _tag("user", call, params)


@iam.operation("TagRole")
def tag_role(call: Call, params: Params) -> Result:
    """Add tags to a role."""
    return _tag("role", call, params)


@iam.operation("TagPolicy")
def tag_policy(call: Call, params: Params) -> Result:
    """Add tags to a policy."""
    return _tag("policy", call, params)


@iam.operation("UntagUser")
def untag_user(call: Call, params: Params) -> Result:
    """Remove tags from a user."""
    return _untag("user", call, params)


@iam.operation("UntagRole")
def untag_role(call: Call, params: Params) -> Result:
    """Remove tags from a role."""
    return _untag("role", call, params)


@iam.operation("UntagPolicy")
def untag_policy(call: Call, params: Params) -> Result:
    """Remove tags from a policy."""
    return _untag("policy", call, params)


@iam.operation("ListUserTags")
def list_user_tags(call: Call, params: Params) -> Result:
    """The tags of a user."""
    return _list("user", call, params)


@iam.operation("ListRoleTags")
def list_role_tags(call: Call, params: Params) -> Result:
    """The tags of a role."""
    return _list("role", call, params)


@iam.operation("ListPolicyTags")
def list_policy_tags(call: Call, params: Params) -> Result:
    """The tags of a policy."""
    return _list("policy", call, params)


def _tag(kind: str, call: Call, params: Params) -> Result:
    thing = _thing(kind, call, params, f"iam:Tag{kind.capitalize()}")
    tagging.add(thing=thing, new=tags.pairs(params["Tags"]), by=call.principal, at=call.at)
    return None


def _untag(kind: str, call: Call, params: Params) -> Result:
    thing = _thing(kind, call, params, f"iam:Untag{kind.capitalize()}")
    tagging.remove(thing=thing, keys=params["TagKeys"], by=call.principal, at=call.at)
    return None


def _list(kind: str, call: Call, params: Params) -> Result:
    action = f"iam:List{kind.capitalize()}Tags"
    thing = _thing(kind, call, params, action)
    found = paging.page_of(
        shapes.tag_list(thing.tags), token=params.get("Marker", ""), size=params.get("MaxItems", shapes.PAGE),
        key=lambda tag: tag["Key"], scope=f"{action}:{thing.pk}",
    )  # fmt: skip
    return shapes.marked({"Tags": list(found.rows)}, found.next_token)


def _thing(kind: str, call: Call, params: Params, action: str) -> tagging.Tagged:
    if kind == "policy":
        return access.policy_by_arn(call.principal, params["PolicyArn"], action)
    if kind == "role":
        return access.role(call.principal, params["RoleName"], action)
    is_reading = action.startswith("iam:List")
    find = access.user if is_reading else access.changeable_user
    return find(call.principal, params["UserName"], action)
