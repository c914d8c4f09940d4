"""CloudWatch Logs' operations on log groups."""

from typing import Any

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from monitoring.logs import access, queries
from monitoring.logs.actions import groups, retention
from monitoring.logs.aws.words import logs, of_arn
from monitoring.logs.models import LogGroup, group_guard

PAGE = 50
CLASSES = ("STANDARD", "INFREQUENT_ACCESS")


@logs.operation(
    "CreateLogGroup", partial="kmsKeyId is refused (the machine's disk is what is encrypted), as is the class DELIVERY."
)  # fmt: skip
def create_log_group(call: Call, params: Params) -> Result:
    """Create a group."""
    name = params["logGroupName"]
    access.new_group(call.principal, name, tagged=bool(params.get("tags")))
    log_class = params.get("logGroupClass", "STANDARD")
    if log_class not in CLASSES:
        raise ParameterProblem(f"The log group class {log_class} is not available here.")
    if params.get("kmsKeyId"):
        raise ParameterProblem("kmsKeyId is not available here.")
    groups.create(
        name,
        at=call.at,
        log_class=log_class,
        tags=params.get("tags", {}),
        is_protected=params.get("deletionProtectionEnabled", False),
    )
    return {}


@logs.operation("DeleteLogGroup")
def delete_log_group(call: Call, params: Params) -> Result:
    """Delete a group with its streams."""
    groups.delete(access.group(call.principal, params["logGroupName"], "logs:DeleteLogGroup"))
    return {}


@logs.operation("DescribeLogGroups", partial="There are no linked accounts.")
def describe_log_groups(call: Call, params: Params) -> Result:
    """Groups by name."""
    access.groups(call.principal)
    if params.get("includeLinkedAccounts") or params.get("accountIdentifiers"):
        raise ParameterProblem("There are no linked accounts here.")
    prefix, pattern = params.get("logGroupNamePrefix", ""), params.get("logGroupNamePattern", "")
    if prefix and pattern:
        raise ParameterProblem(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    log_class = params.get("logGroupClass", "")
    rows = queries.described(prefix=prefix, pattern=pattern, log_class=log_class)
    identifiers = [of_arn(one) for one in params.get("logGroupIdentifiers", [])]
    if identifiers:
        rows = rows.filter(name__in=identifiers)
    page = paging.page(
        rows,
        token=params.get("nextToken", ""),
        size=params.get("limit", PAGE),
        key="name",
        ascending=True,
        scope=f"logs:DescribeLogGroups {prefix} {pattern} {log_class} {identifiers}",
    )
    found: dict[str, Any] = {"logGroups": [_group(row) for row in page.rows]}
    return found | ({"nextToken": page.next_token} if page.next_token else {})


def _group(row: Any) -> dict[str, Any]:
    found = {
        "logGroupName": row.name,
        "creationTime": int(row.created_at.timestamp() * 1000),
        "metricFilterCount": 0,
        "arn": group_guard(row.name),
        "logGroupArn": row.arn,
        "storedBytes": row.size,
        "logGroupClass": row.log_class,
        "deletionProtectionEnabled": row.is_protected,
    }
    return found | ({"retentionInDays": row.retention_days} if row.retention_days else {})


@logs.operation(
    "PutRetentionPolicy",
    partial="Expired events are hidden at once, but deleted with their stream's last event.",
)
def put_retention_policy(call: Call, params: Params) -> Result:
    """Keep a group's events for some days."""
    days = params["retentionInDays"]
    row = _row(call, params, "logs:PutRetentionPolicy")
    if days not in retention.DAYS:
        raise ParameterProblem(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: {list(retention.DAYS)}"
        )
    retention.put(group=row, days=days)
    return {}


@logs.operation("DeleteRetentionPolicy")
def delete_retention_policy(call: Call, params: Params) -> Result:
    """Keep a group's events for ever."""
    retention.put(group=_row(call, params, "logs:DeleteRetentionPolicy"), days=None)
    return {}


def _row(call: Call, params: Params, action: str) -> LogGroup:
    return access.group(call.principal, params["logGroupName"], action)
