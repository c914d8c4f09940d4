"""CodeDeploy's operations on tags of applications and groups."""

from typing import Any

from deployments import access
from deployments.aws.words import codedeploy
from deployments.models import Application, DeploymentGroup
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import tags


def _row(call: Call, params: Params, action: str) -> Application | DeploymentGroup:
    """The application or group of an ARN."""
    given = params["ResourceArn"]
    if given.startswith(prefix := access.application_arn("")):
        return access.application(call.principal, given.removeprefix(prefix), f"codedeploy:{action}")
    prefix = access.group_arn("", "").removesuffix("/")
    if given.startswith(prefix) and "/" in given:
        application, _, name = given.removeprefix(prefix).partition("/")
        return access.group(call.principal, application, name, f"codedeploy:{action}")
    access.every_application(call.principal, f"codedeploy:{action}")
    raise AwsError("InvalidArnException", f"{given} is the ARN of no application and no deployment group.")


@codedeploy.operation("TagResource")
def tag_resource(call: Call, params: Params) -> Result:
    """Add tags."""
    tags.add(_row(call, params, "TagResource"), tags.pairs(params["Tags"]))
    return {}


@codedeploy.operation("UntagResource")
def untag_resource(call: Call, params: Params) -> Result:
    """Remove tags."""
    tags.remove(_row(call, params, "UntagResource"), params["TagKeys"])
    return {}


@codedeploy.operation("ListTagsForResource")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags."""
    found: dict[str, Any] = {"Tags": tags.listed(_row(call, params, "ListTagsForResource").tags)}
    return found
