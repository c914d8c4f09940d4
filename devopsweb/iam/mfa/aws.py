"""IAM's operations on virtual MFA devices."""

import io
from typing import Any

import segno

from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.iam.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded, NoSuchEntity
from devopsweb.iam.mfa import access, actions, codes
from devopsweb.iam.mfa.models import VirtualDevice
from devopsweb.kernel import paging

iam = service(
    "iam",
    errors={
        actions.InvalidAuthenticationCode: "InvalidAuthenticationCode",
        NoSuchEntity: "NoSuchEntity",
        EntityAlreadyExists: "EntityAlreadyExists",
        DeleteConflict: "DeleteConflict",
        LimitExceeded: "LimitExceeded",
    },
)


@iam.operation("CreateVirtualMFADevice")
def create_virtual_mfa_device(call: Call, params: Params) -> Result:
    """A device without user, with its seed and QR code; they are not told again."""
    name = params.get("Path", "/").lstrip("/") + params["VirtualMFADeviceName"]
    access.may_create(call.principal, name)
    device = actions.create(name=name, by=call.principal, at=call.at)
    picture = io.BytesIO()
    segno.make(codes.address(device.seed, user=name, issuer="DevOpsWeb"), error="m").save(
        picture, kind="png", scale=5
    )
    return {
        "VirtualMFADevice": {
            "SerialNumber": device.arn,
            "Base32StringSeed": device.seed.encode(),
            "QRCodePNG": picture.getvalue(),
        }
    }


@iam.operation("EnableMFADevice")
def enable_mfa_device(call: Call, params: Params) -> Result:
    """Give a device to a user for two codes in a row."""
    user = access.changeable_user(call.principal, params["UserName"], "iam:EnableMFADevice")
    device = access.device(params["SerialNumber"])
    actions.enable(device=device, user=user, given=_codes(params), by=call.principal, at=call.at)
    return None


@iam.operation("ResyncMFADevice")
def resync_mfa_device(call: Call, params: Params) -> Result:
    """Two codes in a row of a device whose clock went astray."""
    user = access.changeable_user(call.principal, params["UserName"], "iam:ResyncMFADevice")
    device = access.device_of(user, params["SerialNumber"])
    actions.resync(device=device, given=_codes(params), at=call.at)
    return None


def _codes(params: Params) -> list[str]:
    return [params["AuthenticationCode1"], params["AuthenticationCode2"]]


@iam.operation("DeactivateMFADevice")
def deactivate_mfa_device(call: Call, params: Params) -> Result:
    """Take a device from its user."""
    user = access.changeable_user(call.principal, params.get("UserName", ""), "iam:DeactivateMFADevice")
    device = access.device_of(user, params["SerialNumber"])
    actions.deactivate(device=device, by=call.principal, at=call.at)
    return None


@iam.operation("DeleteVirtualMFADevice")
def delete_virtual_mfa_device(call: Call, params: Params) -> Result:
    """Forget a device that nobody uses."""
    device = access.unused_device(call.principal, params["SerialNumber"], "iam:DeleteVirtualMFADevice")
    actions.delete(device=device, by=call.principal, at=call.at)
    return None


@iam.operation("GetMFADevice")
def get_mfa_device(call: Call, params: Params) -> Result:
    """Whose device it is, and since when."""
    user = access.user(call.principal, params.get("UserName", ""), "iam:GetMFADevice")
    device = access.device_of(user, params["SerialNumber"])
    return {"UserName": user.username, "SerialNumber": device.arn, "EnableDate": device.enabled_at}


@iam.operation("ListMFADevices")
def list_mfa_devices(call: Call, params: Params) -> Result:
    """The devices of a user."""
    user = access.user(call.principal, params.get("UserName", ""), "iam:ListMFADevices")
    page = paging.page(
        user.mfa_devices.all(), token=params.get("Marker", ""), size=params.get("MaxItems", 100),
        key="name", ascending=True, scope=f"iam:ListMFADevices:{user.pk}",
    )  # fmt: skip
    rows = [
        {"UserName": user.username, "SerialNumber": row.arn, "EnableDate": row.enabled_at}
        for row in page.rows
    ]
    return _marked({"MFADevices": rows}, page.next_token)


@iam.operation("ListVirtualMFADevices")
def list_virtual_mfa_devices(call: Call, params: Params) -> Result:
    """All devices, those of somebody, or those of nobody."""
    access.may_list(call.principal)
    status = params.get("AssignmentStatus", "Any")
    found = VirtualDevice.objects.select_related("user")
    if status != "Any":
        found = found.filter(user__isnull=status == "Unassigned")
    page = paging.page(
        found, token=params.get("Marker", ""), size=params.get("MaxItems", 100),
        key="name", ascending=True, scope=f"iam:ListVirtualMFADevices:{status}",
    )  # fmt: skip
    return _marked({"VirtualMFADevices": [_device(row) for row in page.rows]}, page.next_token)


def _device(row: VirtualDevice) -> dict[str, Any]:
    found: dict[str, Any] = {"SerialNumber": row.arn}
    if row.user is not None:
        found["EnableDate"] = row.enabled_at
        found["User"] = {
            "Path": row.user.path,
            "UserName": row.user.username,
            "UserId": row.user.unique_id,
            "Arn": row.user.arn,
            "CreateDate": row.user.date_joined,
        }
    return found


def _marked(found: dict[str, Any], token: str) -> dict[str, Any]:
    return found | {"IsTruncated": bool(token)} | ({"Marker": token} if token else {})
