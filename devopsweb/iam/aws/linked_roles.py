"""Service-linked roles: roles that belong to a service."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access
from devopsweb.iam.actions import linked_roles
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import iam


@iam.operation(
    "CreateServiceLinkedRole", partial="The role has no permissions of its own: no service here needs one."
)
def create_service_linked_role(call: Call, params: Params) -> Result:
    """A role that only the service may assume."""
    service, suffix = params["AWSServiceName"], params.get("CustomSuffix", "")
    access.may_link(call.principal, linked_roles.resource_of(service, suffix), service)
    role = linked_roles.create(
        service=service, suffix=suffix, description=params.get("Description", ""),
        by=call.principal, at=call.at,
    )  # fmt: skip
    return {"Role": shapes.role(role)}


@iam.operation("DeleteServiceLinkedRole")
def delete_service_linked_role(call: Call, params: Params) -> Result:
    """Delete such a role."""
    role = access.role(call.principal, params["RoleName"], "iam:DeleteServiceLinkedRole")
    return {"DeletionTaskId": linked_roles.delete(role=role, by=call.principal, at=call.at)}


@iam.operation("GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(call: Call, params: Params) -> Result:
    """What became of the deletion: it is done before it is answered."""
    task = params["DeletionTaskId"]
    access.may_watch_deletion(call.principal, linked_roles.resource_of_task(task))
    linked_roles.require_done(task)
    return {"Status": "SUCCEEDED"}
