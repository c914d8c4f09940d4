"""Service-specific credentials: git's user name and password over HTTPS."""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import service_credentials
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam
from devopsweb.iam.callers import own_name
from devopsweb.iam.models import ServiceCredential, User


def _owner(call: Call, params: Params, verb: str) -> User:
    name = params.get("UserName") or own_name(call.principal)
    return access.changeable_user(call.principal, name, f"iam:{verb}ServiceSpecificCredential")


def _credential(call: Call, params: Params, verb: str) -> ServiceCredential:
    return service_credentials.find(_owner(call, params, verb), params["ServiceSpecificCredentialId"])


def _metadata(row: ServiceCredential) -> dict[str, Any]:
    return {
        "UserName": row.user.username,
        "Status": "Active" if row.is_active else "Inactive",
        "ServiceUserName": row.user_name,
        "CreateDate": row.created_at,
        "ServiceSpecificCredentialId": row.pk,
        "ServiceName": row.service,
    }


@iam.operation(
    "CreateServiceSpecificCredential",
    partial="Only for codecommit.amazonaws.com; CredentialAgeDays, which other services have, is not used.",
)
def create_service_specific_credential(call: Call, params: Params) -> Result:
    """A credential, whose password is told this once."""
    user = _owner(call, params, "Create")
    row, password = service_credentials.create(
        user=user, service=params["ServiceName"], by=call.principal, at=call.at
    )
    return {"ServiceSpecificCredential": _metadata(row) | {"ServicePassword": password}}


@iam.operation("ListServiceSpecificCredentials")
def list_service_specific_credentials(call: Call, params: Params) -> Result:
    """The credentials of a user, the caller by default, or of all users."""
    service = params.get("ServiceName", "")
    if params.get("AllUsers"):
        access.any_user(call.principal, "iam:ListServiceSpecificCredentials")
        owner = None
    else:
        name = params.get("UserName") or own_name(call.principal)
        owner = access.user(call.principal, name, "iam:ListServiceSpecificCredentials")
    if service:
        service_credentials.check_service(service)
    rows = queries.service_credentials(owner, service)
    scope = f"ListServiceSpecificCredentials:{owner.pk if owner else '*'}:{service}"
    found = shapes.page(rows, params, key="id", scope=scope)
    listed = [_metadata(row) for row in found.rows]
    return shapes.marked({"ServiceSpecificCredentials": listed}, found.next_token)


@iam.operation("UpdateServiceSpecificCredential")
def update_service_specific_credential(call: Call, params: Params) -> Result:
    """Switch a credential on or off."""
    row = _credential(call, params, "Update")
    service_credentials.set_status(
        credential=row, active=shapes.is_active(params["Status"]), by=call.principal, at=call.at
    )
    return None


@iam.operation("ResetServiceSpecificCredential")
def reset_service_specific_credential(call: Call, params: Params) -> Result:
    """Another password, told this once."""
    row = _credential(call, params, "Reset")
    password = service_credentials.reset(credential=row, by=call.principal, at=call.at)
    return {"ServiceSpecificCredential": _metadata(row) | {"ServicePassword": password}}


@iam.operation("DeleteServiceSpecificCredential")
def delete_service_specific_credential(call: Call, params: Params) -> Result:
    """Delete a credential."""
    row = _credential(call, params, "Delete")
    service_credentials.delete(credential=row, by=call.principal, at=call.at)
    return None
