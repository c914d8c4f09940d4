"""CodeDeploy's operations on deployment groups."""

from dataclasses import replace
from typing import Any

from deployments import access, service_role
from deployments.actions import applications
from deployments.actions.applications import GroupSettings
from deployments.aws.words import PAGE, check_batch, codedeploy, location
from deployments.models import Deployment, DeploymentGroup
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging, tags

_AWAY = {
    "autoScalingGroups": "InvalidAutoScalingGroupException",
    "triggerConfigurations": "InvalidTriggerConfigException",
    "blueGreenDeploymentConfiguration": "InvalidBlueGreenDeploymentConfigurationException",
    "loadBalancerInfo": "InvalidLoadBalancerInfoException",
    "ecsServices": "InvalidECSServiceException",
    "ec2DeploymentOptions": "InvalidInputException",
    "terminationHookEnabled": "InvalidInputException",
}
_STYLE = {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}
# Member → (the key of the list of lists within it, or none for a plain list).
_TAG_MEMBERS = {
    "ec2TagFilters": "",
    "ec2TagSet": "ec2TagSetList",
    "onPremisesInstanceTagFilters": "",
    "onPremisesTagSet": "onPremisesTagSetList",
}
_PARTIAL = (
    "In-place deployments to hosts with the agent, by one set of tags; load balancers, auto scaling, blue/green, "
    "triggers, alarms and updates of outdated hosts are refused."
)


def shape(row: DeploymentGroup) -> dict[str, Any]:
    """``DeploymentGroupInfo``."""
    found: dict[str, Any] = {
        "applicationName": row.application.name,
        "deploymentGroupId": row.uuid,
        "deploymentGroupName": row.name,
        "deploymentConfigName": row.config_name,
        "autoScalingGroups": [],
        "serviceRoleArn": row.service_role,
        "triggerConfigurations": [],
        "alarmConfiguration": {"enabled": False, "ignorePollAlarmFailure": False, "alarms": []},
        "autoRollbackConfiguration": {
            "enabled": row.auto_rollback,
            "events": row.auto_rollback_events if row.auto_rollback else [],
        },
        "deploymentStyle": _STYLE,
        "outdatedInstancesStrategy": "IGNORE",
        "computePlatform": row.application.compute_platform,
        "terminationHookEnabled": False,
    }
    if row.tag_filters:
        member = row.wire.get("tags", "onPremisesTagSet")
        nested = _TAG_MEMBERS[member]
        found[member] = {nested: row.tag_filters} if nested else row.tag_filters[0]
    if row.last_successful:
        found["lastSuccessfulDeployment"] = _last(row.last_successful)
        found["targetRevision"] = location(row.last_successful.revision_digest)
    if row.last_attempted:
        found["lastAttemptedDeployment"] = _last(row.last_attempted)
    return found


def _last(row: Deployment) -> dict[str, Any]:
    found = {"deploymentId": row.code, "status": row.status, "createTime": row.created_at}
    return found | ({"endTime": row.completed_at} if row.completed_at else {})


def _settings(params: Params, base: GroupSettings) -> GroupSettings:
    """``base`` with what the request changes. A member that cannot be honoured is refused by its own error."""
    for name, code in _AWAY.items():
        if params.get(name):
            raise AwsError(code, f"{name} is not available here.")
    for name, value in params.get("deploymentStyle", {}).items():
        if value != _STYLE[name]:
            raise AwsError(
                "InvalidDeploymentStyleException", f"deploymentStyle.{name} must be {_STYLE[name]}."
            )
    if params.get("outdatedInstancesStrategy", "IGNORE") != "IGNORE":
        raise AwsError("InvalidInputException", "outdatedInstancesStrategy must be IGNORE here.")
    alarms = params.get("alarmConfiguration", {})
    if alarms.get("enabled") or alarms.get("alarms"):
        raise AwsError("InvalidAlarmConfigException", "Deployments do not watch alarms here.")
    changes: dict[str, Any] = {}
    if "deploymentConfigName" in params:
        changes["config"] = params["deploymentConfigName"]
    if "serviceRoleArn" in params:
        changes["service_role"] = params["serviceRoleArn"]
    if "autoRollbackConfiguration" in params:
        rollback = params["autoRollbackConfiguration"]
        changes["auto_rollback"] = rollback.get("enabled", False)
        changes["auto_rollback_events"] = tuple(rollback.get("events", ()))
        _check_rollback(changes)
    return replace(base, **changes, **_tags(params))


def _check_rollback(changes: dict[str, Any]) -> None:
    unknown = set(changes["auto_rollback_events"]) - set(applications.ROLLBACK_EVENTS)
    if unknown or (changes["auto_rollback"] and not changes["auto_rollback_events"]):
        raise AwsError(
            "InvalidAutoRollbackConfigException",
            f"Automatic rollback needs events among {', '.join(applications.ROLLBACK_EVENTS)}.",
        )


def _tags(params: Params) -> dict[str, Any]:
    given = [member for member in _TAG_MEMBERS if params.get(member)]
    if len(given) > 1:
        raise AwsError(
            "InvalidTagFilterException", f"{given[0]} and {given[1]} exclude each other: a group has one set of tags."
        )  # fmt: skip
    if not given:
        emptied = any(member in params for member in _TAG_MEMBERS)
        return {"tag_filters": (), "wire": {}} if emptied else {}
    member = given[0]
    nested = _TAG_MEMBERS[member]
    found = params[member].get(nested, []) if nested else [params[member]]
    for one in (one for some in found for one in some):
        if not (one.get("Key") or one.get("Value")):
            raise AwsError("InvalidTagFilterException", "Each tag filter needs a key, a value or both.")
    return {"tag_filters": found, "wire": {"tags": member}}


@codedeploy.operation("CreateDeploymentGroup", partial=_PARTIAL)
def create_deployment_group(call: Call, params: Params) -> Result:
    """Create a group."""
    application, name = params["applicationName"], params["deploymentGroupName"]
    access.named_group(call.principal, application, name, "codedeploy:CreateDeploymentGroup")
    row = access.existing(application)
    service_role.may_pass(call.principal, params["serviceRoleArn"], access.group_arn(application, name))
    group = applications.create_group(
        application=row,
        name=name,
        settings=_settings(params, GroupSettings()),
        at=call.at,
        by=call.principal.arn,
        tags=tags.pairs(params.get("tags", [])),
    )
    return {"deploymentGroupId": group.uuid}


@codedeploy.operation("UpdateDeploymentGroup", partial=_PARTIAL)
def update_deployment_group(call: Call, params: Params) -> Result:
    """Change the given settings of a group."""
    name = params["currentDeploymentGroupName"]
    action = "codedeploy:UpdateDeploymentGroup"
    row = access.group(call.principal, params["applicationName"], name, action)
    wanted = params.get("newDeploymentGroupName", "")
    if wanted:
        access.named_group(call.principal, row.application.name, wanted, action)
    if params.get("serviceRoleArn", row.service_role) != row.service_role:
        service_role.may_pass(call.principal, params["serviceRoleArn"], row.arn)
    present = GroupSettings(
        config=row.config_name,
        tag_filters=row.tag_filters,
        instances=row.instance_names,
        auto_rollback=row.auto_rollback,
        auto_rollback_events=row.auto_rollback_events,
        service_role=row.service_role,
    )
    applications.update_group(
        group=row, settings=_settings(params, present), at=call.at, by=call.principal.arn, name=wanted
    )
    return {"hooksNotCleanedUp": []}


@codedeploy.operation("GetDeploymentGroup")
def get_deployment_group(call: Call, params: Params) -> Result:
    """One group."""
    row = access.group(
        call.principal, params["applicationName"], params["deploymentGroupName"], "codedeploy:GetDeploymentGroup"
    )  # fmt: skip
    return {"deploymentGroupInfo": shape(row)}


@codedeploy.operation("BatchGetDeploymentGroups")
def batch_get_deployment_groups(call: Call, params: Params) -> Result:
    """Those of an application's groups that exist."""
    application, names = params["applicationName"], list(dict.fromkeys(params["deploymentGroupNames"]))
    check_batch(names, 100)
    access.named_groups(call.principal, application, names, "codedeploy:BatchGetDeploymentGroups")
    rows = access.existing(application).groups.select_related(
        "application", "last_successful", "last_attempted"
    )
    found = {row.name: row for row in rows.filter(name__in=names)}
    missing = [name for name in names if name not in found]
    answer: dict[str, Any] = {"deploymentGroupsInfo": [shape(found[name]) for name in names if name in found]}
    if missing:
        answer["errorMessage"] = f"These deployment groups do not exist: {', '.join(missing)}."
    return answer


@codedeploy.operation("ListDeploymentGroups")
def list_deployment_groups(call: Call, params: Params) -> Result:
    """Names of an application's groups."""
    name = params["applicationName"]
    access.named_group(call.principal, name, "*", "codedeploy:ListDeploymentGroups")
    page = paging.page(
        access.existing(name).groups.all(),
        token=params.get("nextToken", ""),
        size=PAGE,
        key="name",
        ascending=True,
        scope=f"codedeploy:ListDeploymentGroups {name}",
    )
    found: dict[str, Any] = {"applicationName": name, "deploymentGroups": [row.name for row in page.rows]}
    return found | ({"nextToken": page.next_token} if page.next_token else {})


@codedeploy.operation("DeleteDeploymentGroup")
def delete_deployment_group(call: Call, params: Params) -> Result:
    """Delete a group; one that does not exist is as good as deleted."""
    application, name = params["applicationName"], params["deploymentGroupName"]
    access.named_group(call.principal, application, name, "codedeploy:DeleteDeploymentGroup")
    row = DeploymentGroup.objects.filter(application__name=application, name=name).first()
    if row:
        applications.delete_group(group=row, at=call.at, by=call.principal.arn)
    return {"hooksNotCleanedUp": []}
