"""CloudWatch Logs' operations on log streams."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from monitoring.logs import access, queries
from monitoring.logs.actions import groups, streams
from monitoring.logs.aws.words import group_name, logs
from monitoring.logs.models import LogStream

PAGE = 50
BY_NAME, BY_TIME = "LogStreamName", "LastEventTime"


@logs.operation("CreateLogStream")
def create_log_stream(call: Call, params: Params) -> Result:
    """Create a stream into which clients put events."""
    group = access.group(call.principal, params["logGroupName"], "logs:CreateLogStream")
    streams.create_open(group, params["logStreamName"], at=call.at)
    return {}


@logs.operation("DeleteLogStream")
def delete_log_stream(call: Call, params: Params) -> Result:
    """Delete a stream with its events."""
    row = access.named_stream(
        call.principal, params["logGroupName"], params["logStreamName"], "logs:DeleteLogStream"
    )
    groups.delete_stream(row)
    return {}


@logs.operation("DescribeLogStreams")
def describe_log_streams(call: Call, params: Params) -> Result:
    """A group's streams, by name or by the time of their last event."""
    group = access.group(call.principal, group_name(params), "logs:DescribeLogStreams")
    order, prefix = params.get("orderBy", BY_NAME), params.get("logStreamNamePrefix", "")
    if order == BY_TIME and prefix:
        raise ParameterProblem("Cannot order by LastEventTime with a logStreamNamePrefix.")
    rows = queries.beginning(group, prefix)
    descending = params.get("descending", False)
    scope = f"logs:DescribeLogStreams {group.pk} {order} {descending} {prefix}"
    token, size = params.get("nextToken", ""), params.get("limit", PAGE)
    if order == BY_NAME:
        page = paging.page(rows, token=token, size=size, key="name", ascending=not descending, scope=scope)
        found, following = page.rows, page.next_token
    else:
        found, following = _by_time(rows, token, size, descending, scope)
    result: dict[str, Any] = {"logStreams": [_stream(row) for row in found]}
    return result | ({"nextToken": following} if following else {})


def _by_time(
    rows: "QuerySet[LogStream]", token: str, size: int, descending: bool, scope: str
) -> tuple[Sequence[LogStream], str]:
    """A page by last event; streams of one moment by row."""
    side, sign = ("lt", "-") if descending else ("gt", "")
    if token:
        at_ms, pk = paging.unseal(token, scope)
        same = Q(last_ms=at_ms, **{f"pk__{side}": pk})
        rows = rows.filter(Q(**{f"last_ms__{side}": at_ms}) | same)
    found = list(rows.order_by(f"{sign}last_ms", f"{sign}pk")[: size + 1])
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    return found[:size], paging.seal([last.last_ms, last.pk], scope)


def _stream(row: LogStream) -> dict[str, Any]:
    found = {
        "logStreamName": row.name,
        "creationTime": int(row.created_at.timestamp() * 1000),
        "arn": row.arn,
        "storedBytes": 0,
        "uploadSequenceToken": f"{row.pk:056d}",
    }
    if span := queries.span(row):
        found["firstEventTimestamp"] = span.first_ms
        found["lastEventTimestamp"] = span.last_ms
        found["lastIngestionTime"] = span.ingested_ms
    return found
