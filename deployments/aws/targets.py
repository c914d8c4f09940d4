"""CodeDeploy's operations on what a deployment does on each host, in the present and in the older form."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from deployments import access, queries
from deployments.aws.words import PAGE, check_batch, codedeploy
from deployments.errors import TargetDoesNotExist
from deployments.models import Deployment, LifecycleEvent, Target
from deployments.states import DeploymentStatus, EventStatus, TargetStatus
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging

_CODES = {"Success", "ScriptMissing", "ScriptNotExecutable", "ScriptTimedOut", "ScriptFailed"}


def _facts(target: Target, events: Sequence[LifecycleEvent]) -> dict[str, Any]:
    """What both forms tell."""
    return {
        "deploymentId": target.deployment.code,
        "status": target.status,
        "lastUpdatedAt": _updated(target, events),
        "lifecycleEvents": [_event(event) for event in events],
    }


def _updated(target: Target, events: Sequence[LifecycleEvent]) -> datetime:
    moments = [
        target.started_at,
        target.completed_at,
        *(m for e in events for m in (e.started_at, e.ended_at)),
    ]
    return max([moment for moment in moments if moment], default=target.deployment.created_at)


def _event(event: LifecycleEvent) -> dict[str, Any]:
    found: dict[str, Any] = {"lifecycleEventName": event.name, "status": event.status}
    if event.started_at:
        found["startTime"] = event.started_at
    if event.ended_at:
        found["endTime"] = event.ended_at
        found["diagnostics"] = {
            "errorCode": _code(event),
            "scriptName": event.script_name,
            "message": event.message or ("Succeeded" if event.status == EventStatus.SUCCEEDED else ""),
            "logTail": event.log_tail,
        }
    return found


def _code(event: LifecycleEvent) -> str:
    if event.status == EventStatus.SUCCEEDED:
        return "Success"
    return event.error_code if event.error_code in _CODES else "UnknownError"


def _target(target: Target, events: Sequence[LifecycleEvent]) -> dict[str, Any]:
    instance = target.instance
    told = {"targetId": instance.name, "targetArn": instance.arn, **_facts(target, events)}
    return {"deploymentTargetType": "InstanceTarget", "instanceTarget": told}


def _summary(target: Target, events: Sequence[LifecycleEvent]) -> dict[str, Any]:
    return {"instanceId": target.instance.arn, **_facts(target, events)}


def _found(call: Call, params: Params, action: str) -> Deployment:
    return access.deployment(call.principal, params["deploymentId"], f"codedeploy:{action}")


def _named(deployment: Deployment, names: Sequence[str]) -> list[Target]:
    """The targets of these names or ARNs, in their order. Raises ``TargetDoesNotExist``."""
    plain = [name.rpartition("instance:")[2] if name.startswith("arn:") else name for name in names]
    rows = deployment.targets.select_related("instance", "deployment").filter(instance__name__in=plain)
    held = {row.instance.name: row for row in rows}
    for name in plain:
        if name not in held:
            raise TargetDoesNotExist(f"{name!r} takes no part in {deployment.code}.")
    return [held[name] for name in plain]


def _listed(deployment: Deployment, params: Params, statuses: Sequence[str]) -> tuple[list[Target], str]:
    if deployment.status == DeploymentStatus.CREATED and not deployment.targets.exists():
        raise AwsError("DeploymentNotStartedException", f"{deployment.code} has not begun yet.")
    rows = deployment.targets.select_related("instance")
    if statuses:
        rows = rows.filter(status__in=statuses)
    page = paging.page(
        rows,
        token=params.get("nextToken", ""),
        size=PAGE,
        key="position",
        ascending=True,
        scope=f"codedeploy:targets {deployment.code} {sorted(statuses)}",
    )
    return list(page.rows), page.next_token


@codedeploy.operation("ListDeploymentTargets")
def list_deployment_targets(call: Call, params: Params) -> Result:
    """Names of a deployment's hosts."""
    deployment = _found(call, params, "ListDeploymentTargets")
    filters = dict(params.get("targetFilters", {}))
    statuses = filters.pop("TargetStatus", [])
    labels = filters.pop("ServerInstanceLabel", [])
    if filters or set(statuses) - set(TargetStatus) or set(labels) - {"Blue", "Green"}:
        raise AwsError(
            "InvalidTargetFilterNameException",
            "Targets are filtered by TargetStatus and ServerInstanceLabel.",
        )
    rows, following = _listed(deployment, params, statuses)
    # No host of an in-place deployment is blue or green.
    answer: dict[str, Any] = {"targetIds": [] if labels else [row.instance.name for row in rows]}
    return answer | ({"nextToken": following} if following and not labels else {})


@codedeploy.operation("GetDeploymentTarget")
def get_deployment_target(call: Call, params: Params) -> Result:
    """What a deployment did on one host."""
    [target] = _named(_found(call, params, "GetDeploymentTarget"), [params["targetId"]])
    return {"deploymentTarget": _target(target, queries.events_of([target])[target.pk])}


@codedeploy.operation("BatchGetDeploymentTargets")
def batch_get_deployment_targets(call: Call, params: Params) -> Result:
    """What a deployment did on some hosts."""
    check_batch(params["targetIds"], 25)
    found = _named(_found(call, params, "BatchGetDeploymentTargets"), params["targetIds"])
    events = queries.events_of(found)
    return {"deploymentTargets": [_target(target, events[target.pk]) for target in found]}


@codedeploy.operation("ListDeploymentInstances")
def list_deployment_instances(call: Call, params: Params) -> Result:
    """Names of a deployment's hosts."""
    deployment = _found(call, params, "ListDeploymentInstances")
    statuses, kinds = params.get("instanceStatusFilter", []), params.get("instanceTypeFilter", [])
    if set(statuses) - set(TargetStatus):
        raise AwsError(
            "InvalidInstanceStatusException", "A status is one of " + ", ".join(TargetStatus) + "."
        )
    if set(kinds) - {"Blue", "Green"}:
        raise AwsError("InvalidInstanceTypeException", "A type is Blue or Green.")
    rows, following = _listed(deployment, params, statuses)
    answer: dict[str, Any] = {"instancesList": [] if kinds else [row.instance.name for row in rows]}
    return answer | ({"nextToken": following} if following and not kinds else {})


@codedeploy.operation("GetDeploymentInstance")
def get_deployment_instance(call: Call, params: Params) -> Result:
    """What a deployment did on one host."""
    deployment = _found(call, params, "GetDeploymentInstance")
    try:
        [target] = _named(deployment, [params["instanceId"]])
    except TargetDoesNotExist as error:
        raise AwsError("InstanceDoesNotExistException", str(error)) from None
    return {"instanceSummary": _summary(target, queries.events_of([target])[target.pk])}


@codedeploy.operation("BatchGetDeploymentInstances")
def batch_get_deployment_instances(call: Call, params: Params) -> Result:
    """What a deployment did on some hosts."""
    check_batch(params["instanceIds"], 25)
    deployment = _found(call, params, "BatchGetDeploymentInstances")
    try:
        found = _named(deployment, params["instanceIds"])
    except TargetDoesNotExist as error:
        return {"instancesSummary": [], "errorMessage": str(error)}
    events = queries.events_of(found)
    return {"instancesSummary": [_summary(target, events[target.pk]) for target in found]}
