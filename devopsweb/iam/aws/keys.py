"""Access keys."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import keys
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.callers import own_name
from devopsweb.iam.models import AccessKey, User


def _owner(call: Call, params: Params, action: str) -> User:
    """The user of the request, the caller by default; an administrator's keys are touched by administrators."""
    name = params.get("UserName") or own_name(call.principal)
    return access.changeable_user(call.principal, name, action)


def _metadata(key: AccessKey) -> dict[str, object]:
    return {
        "UserName": key.user.username,
        "AccessKeyId": key.pk,
        "Status": "Active" if key.is_active else "Inactive",
        "CreateDate": key.created_at,
    }


@iam.operation("CreateAccessKey")
def create_access_key(call: Call, params: Params) -> Result:
    """A key, whose secret is told this once."""
    user = _owner(call, params, "iam:CreateAccessKey")
    key, secret = keys.create(user=user, by=call.principal, at=call.at)
    return {"AccessKey": _metadata(key) | {"SecretAccessKey": secret}}


@iam.operation("ListAccessKeys")
def list_access_keys(call: Call, params: Params) -> Result:
    """The keys of a user, the caller by default."""
    name = params.get("UserName") or own_name(call.principal)
    user = access.user(call.principal, name, "iam:ListAccessKeys")
    rows = user.access_keys.select_related("user")
    found = shapes.page(rows, params, key="id", scope=f"ListAccessKeys:{user.pk}")
    return shapes.marked({"AccessKeyMetadata": [_metadata(row) for row in found.rows]}, found.next_token)


@iam.operation("UpdateAccessKey")
def update_access_key(call: Call, params: Params) -> Result:
    """Switch a key on or off."""
    user = _owner(call, params, "iam:UpdateAccessKey")
    key = keys.find(user, params["AccessKeyId"])
    keys.set_status(key=key, active=shapes.is_active(params["Status"]), by=call.principal, at=call.at)
    return None


@iam.operation("DeleteAccessKey")
def delete_access_key(call: Call, params: Params) -> Result:
    """Delete a key."""
    user = _owner(call, params, "iam:DeleteAccessKey")
    keys.delete(key=keys.find(user, params["AccessKeyId"]), by=call.principal, at=call.at)
    return None


@iam.operation("GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call, params: Params) -> Result:
    """When and where a key was last used."""
    key = queries.access_key(params["AccessKeyId"])
    owner = key.user.username if key else "*"
    user = access.user(call.principal, owner, "iam:GetAccessKeyLastUsed")
    used: dict[str, object] = {
        "ServiceName": (key and key.last_used_service) or "N/A",
        "Region": (key and key.last_used_region) or "N/A",
    }
    if key and key.last_used_at:
        used["LastUsedDate"] = key.last_used_at
    return {"UserName": user.username, "AccessKeyLastUsed": used}
