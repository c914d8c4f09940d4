"""CloudWatch Logs' operations on events."""

import zlib
from datetime import datetime
from typing import Any

from django.core import signing

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from monitoring.logs import access, queries, reading
from monitoring.logs.actions import events
from monitoring.logs.aws.words import group_name, logs
from monitoring.logs.engine.batches import DAY
from monitoring.logs.engine.patterns import matcher
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.reading import Event, Key, Place, Range

MOST = 10_000
FORWARD, BACKWARD = "f", "b"


@logs.operation("PutLogEvents", partial="entity is not kept.")
def put_log_events(call: Call, params: Params) -> Result:
    """Store events in a stream that a client made; sequence tokens are not needed."""
    row = access.named_stream(
        call.principal, params["logGroupName"], params["logStreamName"], "logs:PutLogEvents"
    )
    given = [(one["timestamp"], one["message"]) for one in params["logEvents"]]
    judged, total = events.put(row, given, at=call.at)
    rejected = {
        "tooNewLogEventStartIndex": judged.too_new_from,
        "tooOldLogEventEndIndex": judged.too_old_until,
        "expiredLogEventEndIndex": judged.expired_until,
    }
    rejected = {name: value for name, value in rejected.items() if value is not None}
    result: dict[str, Any] = {"nextSequenceToken": f"{row.pk:028d}{total:028d}"}
    return result | ({"rejectedLogEventsInfo": rejected} if rejected else {})


@logs.operation("GetLogEvents")
def get_log_events(call: Call, params: Params) -> Result:
    """A page of a stream; its tokens lead on for ever, and the last page's leads to itself."""
    row = access.named_stream(
        call.principal, group_name(params), params["logStreamName"], "logs:GetLogEvents"
    )
    times = _times(row.group, call.at, params.get("startTime", 0), params.get("endTime", reading.LAST))
    limit = params.get("limit", MOST)
    way, cursor = _read_token(row, params.get("nextToken", ""))
    way = way or (FORWARD if params.get("startFromHead") else BACKWARD)
    found = (reading.after if way == FORWARD else reading.before)(row, times, cursor, limit)
    if found:
        first, last = found[0].key, found[-1].key
    elif cursor is None:
        last, first = reading.edges(row, times)
    else:
        last = cursor if way == FORWARD else Key(cursor.at_ms, cursor.number - 1)
        first = cursor if way == BACKWARD else Key(cursor.at_ms, cursor.number + 1)
    return {
        "events": [_event(one) for one in found],
        "nextForwardToken": _token(row, FORWARD, last),
        "nextBackwardToken": _token(row, BACKWARD, first),
    }


@logs.operation(
    "FilterLogEvents",
    partial="Filter patterns are terms and JSON conditions; regular expressions and fields parted by blanks are "
    "refused.",
)
def filter_log_events(call: Call, params: Params) -> Result:
    """Events of a group's streams that match a pattern, by time."""
    name = group_name(params)
    group = access.group(call.principal, name, "logs:FilterLogEvents")
    names, prefix = params.get("logStreamNames", []), params.get("logStreamNamePrefix", "")
    if names and prefix:
        raise ParameterProblem("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
    rows = queries.beginning(group, prefix)
    if names:
        rows = rows.filter(name__in=names)
        if missing := set(names) - set(rows.values_list("name", flat=True)):
            queries.named_stream(name, min(missing))
    start, end = params.get("startTime", 0), params.get("endTime", reading.LAST - 1)
    if start > end:
        raise ParameterProblem("startTime must not be later than endTime.")
    pattern = params.get("filterPattern", "")
    scope = f"logs:FilterLogEvents {group.pk} {sorted(names)} {prefix} {start} {end} {pattern}"
    token = params.get("nextToken", "")
    found = reading.search(
        list(rows),
        _times(group, call.at, start, end + 1),
        matcher(pattern),
        place=Place(*paging.unseal(token, scope)) if token else None,
        limit=params.get("limit", MOST),
    )
    result: dict[str, Any] = {
        "events": [_event(one) | _where(row, one) for row, one in found.events],
        "searchedLogStreams": [],
    }
    if found.place:
        place = found.place
        result["nextToken"] = paging.seal([place.at_ms, place.stream, place.number], scope)
    return result


def _times(group: LogGroup, at: datetime, start: int, end: int) -> Range:
    """The asked times, without what has expired."""
    if group.retention_days:
        start = max(start, int(at.timestamp() * 1000) - group.retention_days * DAY)
    return Range(start, end)


def _event(event: Event) -> dict[str, Any]:
    return {
        "timestamp": event.key.at_ms,
        "message": event.message,
        "ingestionTime": event.ingested_ms,
    }


def _where(row: LogStream, event: Event) -> dict[str, str]:
    """The stream, and an id of 56 digits that sorts by time."""
    stream = zlib.crc32(row.uuid.bytes)
    return {
        "logStreamName": row.name,
        "eventId": f"3{event.key.at_ms:020d}{row.pk:015d}{stream:010d}{event.key.number:010d}",
    }


def _signer(row: LogStream) -> signing.Signer:
    return signing.Signer(salt=f"logs:GetLogEvents {row.uuid}")


def _token(row: LogStream, way: str, key: Key) -> str:
    """Always the same for one place, so that clients see that nothing more came."""
    return f"{way}/{_signer(row).sign(f'{key.at_ms}.{key.number}')}"


def _read_token(row: LogStream, token: str) -> tuple[str, Key | None]:
    if not token:
        return "", None
    way, _, signed = token.partition("/")
    try:
        at_ms, _, number = _signer(row).unsign(signed).partition(".")
    except signing.BadSignature:
        raise ParameterProblem("The specified nextToken is invalid.") from None
    if way not in (FORWARD, BACKWARD):
        raise ParameterProblem("The specified nextToken is invalid.")
    return way, Key(int(at_ms), int(number))
