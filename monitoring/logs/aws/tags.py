"""Tags of log groups, by ARN and, as in older clients, by name."""

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import tags
from monitoring.logs import access
from monitoring.logs.aws.words import logs, of_arn
from monitoring.logs.models import LogGroup


def _by_arn(call: Call, params: Params, action: str) -> LogGroup:
    return access.group(call.principal, of_arn(params["resourceArn"]), action)


def _tags(group: LogGroup) -> Result:
    return {"tags": group.tags}


@logs.operation("TagResource", partial="Log groups are the only resources with tags.")
def tag_resource(call: Call, params: Params) -> Result:
    """Add tags."""
    tags.add(_by_arn(call, params, "logs:TagResource"), params["tags"])
    return {}


@logs.operation("UntagResource", partial="Log groups are the only resources with tags.")
def untag_resource(call: Call, params: Params) -> Result:
    """Remove tags."""
    tags.remove(_by_arn(call, params, "logs:UntagResource"), params["tagKeys"])
    return {}


@logs.operation("ListTagsForResource", partial="Log groups are the only resources with tags.")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags."""
    return _tags(_by_arn(call, params, "logs:ListTagsForResource"))


@logs.operation("TagLogGroup")
def tag_log_group(call: Call, params: Params) -> Result:
    """Add tags."""
    tags.add(access.group(call.principal, params["logGroupName"], "logs:TagLogGroup"), params["tags"])
    return {}


@logs.operation("UntagLogGroup")
def untag_log_group(call: Call, params: Params) -> Result:
    """Remove tags."""
    tags.remove(access.group(call.principal, params["logGroupName"], "logs:UntagLogGroup"), params["tags"])
    return {}


@logs.operation("ListTagsLogGroup")
def list_tags_log_group(call: Call, params: Params) -> Result:
    """The tags."""
    return _tags(access.group(call.principal, params["logGroupName"], "logs:ListTagsLogGroup"))
