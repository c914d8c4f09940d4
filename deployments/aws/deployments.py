"""CodeDeploy's operations on deployments."""

from typing import Any

from deployments import access, queries
from deployments.actions import applications
from deployments.actions import deployments as actions
from deployments.actions.deployments import Options
from deployments.aws.words import PAGE, check_batch, codedeploy, location, revision
from deployments.errors import DeploymentDoesNotExist
from deployments.models import Deployment
from deployments.states import DeploymentStatus
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging

_CREATORS = {"user", "codeDeployRollback"}
_AWAY = {
    "targetInstances": "InvalidTargetInstancesException",
    "updateOutdatedInstancesOnly": "InvalidUpdateOutdatedInstancesOnlyValueException",
    "overrideAlarmConfiguration": "InvalidAlarmConfigException",
    "ec2DeploymentOptions": "InvalidInputException",
}


def shape(row: Deployment) -> dict[str, Any]:
    """``DeploymentInfo``."""
    found: dict[str, Any] = {
        "applicationName": row.group.application.name,
        "deploymentGroupName": row.group.name,
        "deploymentConfigName": row.config_name,
        "deploymentId": row.code,
        "revision": location(row.revision_digest),
        "status": row.status,
        "createTime": row.created_at,
        "deploymentOverview": queries.overview(row),
        "description": row.description,
        "creator": row.creator if row.creator in _CREATORS else "user",
        "ignoreApplicationStopFailures": row.ignore_application_stop_failures,
        "autoRollbackConfiguration": {
            "enabled": bool(row.auto_rollback_events),
            "events": row.auto_rollback_events,
        },
        "updateOutdatedInstancesOnly": False,
        "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"},
        "instanceTerminationWaitTimeStarted": False,
        "fileExistsBehavior": row.file_exists_behavior,
        "deploymentStatusMessages": [],
        "computePlatform": row.group.application.compute_platform,
    }
    optional: dict[str, Any] = {
        "startTime": row.started_at,
        "completeTime": row.completed_at,
        "previousRevision": location(row.previous_digest) if row.previous_digest else None,
        "errorInformation": {"code": row.error_code, "message": row.error_message}
        if row.error_code
        else None,
        "rollbackInfo": _rollback(row),
    }
    return found | {name: value for name, value in optional.items() if value}


def _rollback(row: Deployment) -> dict[str, str]:
    after = Deployment.objects.filter(rollback_of=row).values_list("code", flat=True).first()
    found = {
        "rollbackDeploymentId": after or "",
        "rollbackTriggeringDeploymentId": row.rollback_of.code if row.rollback_of else "",
        "rollbackMessage": row.rollback_message,
    }
    return {name: value for name, value in found.items() if value}


@codedeploy.operation(
    "CreateDeployment",
    partial="A zip in this installation's store of artifacts goes to a group's hosts; target instances, restarts and "
    "alarms are refused.",
)
def create_deployment(call: Call, params: Params) -> Result:
    """Begin a deployment."""
    name = params.get("deploymentGroupName", "")
    if not name:
        access.named_group(call.principal, params["applicationName"], "*", "codedeploy:CreateDeployment")
        raise AwsError("DeploymentGroupNameRequiredException", "The deployment group must be named.")
    group = access.group(call.principal, params["applicationName"], name, "codedeploy:CreateDeployment")
    for member, code in _AWAY.items():
        if params.get(member):
            raise AwsError(code, f"{member} is not available here.")
    if params.get("deploymentMode", "STANDARD") != "STANDARD":
        raise AwsError("InvalidInputException", "The deploymentMode must be STANDARD here.")
    if len(params.get("description", "")) > 256:
        raise AwsError("DescriptionTooLongException", "A description has at most 256 characters.")
    behavior = params.get("fileExistsBehavior", "DISALLOW")
    if behavior not in {"DISALLOW", "OVERWRITE", "RETAIN"}:
        raise AwsError(
            "InvalidFileExistsBehaviorException", "fileExistsBehavior is DISALLOW, OVERWRITE or RETAIN."
        )
    config = params.get("deploymentConfigName", "")
    if config:
        applications.config(config)
    row = actions.create(
        group=group,
        revision=revision(params.get("revision")),
        creator="user",
        creator_arn=call.principal.arn,
        at=call.at,
        options=Options(
            description=params.get("description", ""),
            config=config,
            auto_rollback_events=_rollback_events(params),
            ignore_application_stop_failures=params.get("ignoreApplicationStopFailures", False),
            file_exists_behavior=behavior,
        ),
    )
    return {"deploymentId": row.code}


def _rollback_events(params: Params) -> tuple[str, ...] | None:
    given = params.get("autoRollbackConfiguration")
    if given is None:
        return None
    chosen = tuple(given.get("events", ())) if given.get("enabled") else ()
    if set(chosen) - set(applications.ROLLBACK_EVENTS) or (given.get("enabled") and not chosen):
        raise AwsError(
            "InvalidAutoRollbackConfigException",
            f"Automatic rollback needs events among {', '.join(applications.ROLLBACK_EVENTS)}.",
        )
    return chosen


@codedeploy.operation("GetDeployment")
def get_deployment(call: Call, params: Params) -> Result:
    """One deployment."""
    return {
        "deploymentInfo": shape(
            access.deployment(call.principal, params["deploymentId"], "codedeploy:GetDeployment")
        )
    }


@codedeploy.operation("BatchGetDeployments")
def batch_get_deployments(call: Call, params: Params) -> Result:
    """Those of the deployments that exist."""
    check_batch(params["deploymentIds"], 25)
    found = []
    for code in dict.fromkeys(params["deploymentIds"]):
        try:
            found.append(access.deployment(call.principal, code, "codedeploy:BatchGetDeployments"))
        except DeploymentDoesNotExist:
            continue
    return {"deploymentsInfo": [shape(row) for row in found]}


@codedeploy.operation(
    "ListDeployments", partial="externalId finds nothing: there is no other source of deployments."
)
def list_deployments(call: Call, params: Params) -> Result:
    """Ids of deployments, newest first."""
    application, group = params.get("applicationName", ""), params.get("deploymentGroupName", "")
    access.named_group(call.principal, application or "*", group or "*", "codedeploy:ListDeployments")
    if group and not application:
        raise AwsError("ApplicationNameRequiredException", "A deployment group belongs to an application.")
    if group:
        access.existing_group(application, group)
    elif application:
        access.existing(application)
    rows = queries.listed(application=application, group=group)
    statuses = params.get("includeOnlyStatuses", [])
    if unknown := set(statuses) - set(DeploymentStatus):
        raise AwsError("InvalidDeploymentStatusException", f"{min(unknown)!r} is no status of a deployment.")
    if statuses:
        rows = rows.filter(status__in=statuses)
    times = params.get("createTimeRange", {})
    if "start" in times and "end" in times and times["start"] > times["end"]:
        raise AwsError("InvalidTimeRangeException", "The start is later than the end.")
    if "start" in times:
        rows = rows.filter(created_at__gte=times["start"])
    if "end" in times:
        rows = rows.filter(created_at__lte=times["end"])
    if params.get("externalId"):
        rows = rows.none()
    page = paging.page(
        rows,
        token=params.get("nextToken", ""),
        size=PAGE,
        scope=f"codedeploy:ListDeployments {application} {group} {sorted(statuses)} {times}",
    )
    answer: dict[str, Any] = {"deployments": [row.code for row in page.rows]}
    return answer | ({"nextToken": page.next_token} if page.next_token else {})


@codedeploy.operation("StopDeployment")
def stop_deployment(call: Call, params: Params) -> Result:
    """Stop a deployment: what runs on hosts finishes, nothing more begins."""
    row = access.deployment(call.principal, params["deploymentId"], "codedeploy:StopDeployment")
    status = actions.stop(
        deployment=row,
        principal=call.principal,
        at=call.at,
        auto_rollback=params.get("autoRollbackEnabled"),
    )
    words = {
        "Pending": "Stopping the deployment; events that run will finish.",
        "Succeeded": "The deployment is stopped.",
    }
    return {"status": status, "statusMessage": words[status]}
