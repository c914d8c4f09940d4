"""CodeDeploy's operations on applications."""

from typing import Any

from deployments import access
from deployments.actions import applications
from deployments.aws.words import PAGE, check_batch, codedeploy
from deployments.models import Application
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging, tags


def _shape(row: Application) -> dict[str, Any]:
    return {
        "applicationId": row.uuid,
        "applicationName": row.name,
        "createTime": row.created_at,
        "linkedToGitHub": False,
        "computePlatform": row.compute_platform,
    }


@codedeploy.operation(
    "CreateApplication", partial="The compute platform is Server; Lambda and ECS are refused."
)
def create_application(call: Call, params: Params) -> Result:
    """Create an application."""
    name = params["applicationName"]
    access.named_application(call.principal, name, "codedeploy:CreateApplication")
    if params.get("computePlatform", "Server") != "Server":
        raise AwsError("InvalidComputePlatformException", "The compute platform here is Server.")
    row = applications.create_application(
        name=name, at=call.at, by=call.principal.arn, tags=tags.pairs(params.get("tags", []))
    )
    return {"applicationId": row.uuid}


@codedeploy.operation("GetApplication")
def get_application(call: Call, params: Params) -> Result:
    """One application."""
    row = access.application(call.principal, params["applicationName"], "codedeploy:GetApplication")
    return {"application": _shape(row)}


@codedeploy.operation("BatchGetApplications")
def batch_get_applications(call: Call, params: Params) -> Result:
    """Those of the applications that exist."""
    names = list(dict.fromkeys(params["applicationNames"]))
    check_batch(names, 100)
    access.named_applications(call.principal, names, "codedeploy:BatchGetApplications")
    found = {row.name: row for row in Application.objects.filter(name__in=names)}
    return {"applicationsInfo": [_shape(found[name]) for name in names if name in found]}


@codedeploy.operation("ListApplications")
def list_applications(call: Call, params: Params) -> Result:
    """Names of applications."""
    access.every_application(call.principal, "codedeploy:ListApplications")
    page = paging.page(
        Application.objects.all(),
        token=params.get("nextToken", ""),
        size=PAGE,
        key="name",
        ascending=True,
        scope="codedeploy:ListApplications",
    )
    found: dict[str, Any] = {"applications": [row.name for row in page.rows]}
    return found | ({"nextToken": page.next_token} if page.next_token else {})


@codedeploy.operation("UpdateApplication")
def update_application(call: Call, params: Params) -> Result:
    """Give an application another name."""
    name = params.get("applicationName", "")
    row = access.application(call.principal, name, "codedeploy:UpdateApplication")
    if wanted := params.get("newApplicationName"):
        access.named_application(call.principal, wanted, "codedeploy:UpdateApplication")
        applications.rename_application(application=row, name=wanted, at=call.at, by=call.principal.arn)
    return {}


@codedeploy.operation("DeleteApplication")
def delete_application(call: Call, params: Params) -> Result:
    """Delete an application; one that does not exist is as good as deleted."""
    name = params["applicationName"]
    access.named_application(call.principal, name, "codedeploy:DeleteApplication")
    if row := Application.objects.filter(name=name).first():
        applications.delete_application(application=row, at=call.at, by=call.principal.arn)
    return {}
