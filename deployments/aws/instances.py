"""CodeDeploy's operations on on-premises instances: the hosts with our agent."""

from collections.abc import Sequence
from typing import Any

from deployments.aws.words import PAGE, check_batch, codedeploy
from deployments.compute import access
from deployments.compute.actions import instances
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from deployments.engine import matching
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging, tags


def _shape(row: Instance) -> dict[str, Any]:
    return {
        "instanceName": row.name,
        "instanceArn": row.arn,
        "registerTime": row.created_at,
        "tags": tags.listed(row.tags),
    }


@codedeploy.operation("ListOnPremisesInstances")
def list_on_premises_instances(call: Call, params: Params) -> Result:
    """Names of hosts, by registration and tags."""
    access.may_list(call.principal)
    status, filters = params.get("registrationStatus", ""), params.get("tagFilters", [])
    if status not in {"", "Registered", "Deregistered"}:
        raise AwsError("InvalidRegistrationStatusException", "It is Registered or Deregistered.")
    if filters and (problem := matching.problem([filters])):
        raise AwsError("InvalidTagFilterException", problem)
    rows = Instance.objects.order_by("name")
    if status == "Deregistered":
        rows = rows.filter(status=InstanceStatus.DEREGISTERED)
    elif status == "Registered":
        rows = rows.exclude(status=InstanceStatus.DEREGISTERED)
    names = sorted(row.name for row in rows if not filters or matching.matches(row.tags, [filters]))
    page = paging.page_of(
        names,
        token=params.get("nextToken", ""),
        size=PAGE,
        key=lambda name: name,
        scope=f"codedeploy:ListOnPremisesInstances {status} {filters}",
    )
    answer: dict[str, Any] = {"instanceNames": list(page.rows)}
    return answer | ({"nextToken": page.next_token} if page.next_token else {})


@codedeploy.operation(
    "GetOnPremisesInstance", partial="Hosts have tokens of their own and no IAM user or session."
)
def get_on_premises_instance(call: Call, params: Params) -> Result:
    """One host."""
    row = access.instance(call.principal, params["instanceName"], "codedeploy:GetOnPremisesInstance")
    return {"instanceInfo": _shape(row)}


@codedeploy.operation(
    "BatchGetOnPremisesInstances", partial="Hosts have tokens of their own and no IAM user or session."
)
def batch_get_on_premises_instances(call: Call, params: Params) -> Result:
    """Some hosts."""
    check_batch(params["instanceNames"], 100)
    names = list(dict.fromkeys(params["instanceNames"]))
    found = [
        access.instance(call.principal, name, "codedeploy:BatchGetOnPremisesInstances") for name in names
    ]
    return {"instanceInfos": [_shape(row) for row in found]}


@codedeploy.operation("AddTagsToOnPremisesInstances", read_only=False)
def add_tags_to_on_premises_instances(call: Call, params: Params) -> Result:
    """Add tags to hosts, or replace their values."""
    given = {key: value for key, value in tags.pairs(params["tags"]) if key}
    _retag(call, params, "AddTagsToOnPremisesInstances", lambda present: {**present, **given})
    return {}


@codedeploy.operation("RemoveTagsFromOnPremisesInstances")
def remove_tags_from_on_premises_instances(call: Call, params: Params) -> Result:
    """Remove tags from hosts: those of the same key, and value where one is given."""
    gone = {(tag.get("Key", ""), tag.get("Value")) for tag in params["tags"]}

    def rest(present: dict[str, str]) -> dict[str, str]:
        return {
            key: value
            for key, value in present.items()
            if (key, value) not in gone and (key, None) not in gone and (key, "") not in gone
        }

    _retag(call, params, "RemoveTagsFromOnPremisesInstances", rest)
    return {}


def _retag(call: Call, params: Params, operation: str, change: Any) -> None:
    """Change the tags of all named hosts, or of none."""
    names: Sequence[str] = list(dict.fromkeys(params["instanceNames"]))
    if not names:
        raise AwsError("InstanceNameRequiredException", "Name at least one instance.")
    rows = [access.instance(call.principal, name, f"codedeploy:{operation}") for name in names]
    if not params["tags"]:
        raise AwsError("TagRequiredException", "Name at least one tag.")
    wanted = [(row, change(row.tags)) for row in rows]
    if any(len(held) > 10 for _, held in wanted):
        raise AwsError("TagLimitExceededException", "An instance takes at most 10 tags.")
    for row, held in wanted:
        instances.set_tags(instance=row, tags=held, at=call.at, by=call.principal.arn)


@codedeploy.operation("DeregisterOnPremisesInstance")
def deregister_on_premises_instance(call: Call, params: Params) -> Result:
    """Take a host out of service."""
    row = access.instance(call.principal, params["instanceName"], "codedeploy:DeregisterOnPremisesInstance")
    instances.deregister(instance=row, at=call.at, by=call.principal.arn)
    return {}
