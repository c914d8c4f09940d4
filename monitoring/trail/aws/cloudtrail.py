"""CloudTrail: looking events up, and trails."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.kernel import paging, tags
from devopsweb.kernel.paging import InvalidToken
from monitoring.trail import access, errors, queries
from monitoring.trail.actions import trails
from monitoring.trail.engine import resources
from monitoring.trail.models import SigningKey, Trail
from monitoring.trail.queries import Filter, RecordInfo

HISTORY = timedelta(days=90)
PAGE = 50

cloudtrail = service(
    "cloudtrail",
    errors={
        errors.TrailNotFound: "TrailNotFoundException",
        errors.TrailAlreadyExists: "TrailAlreadyExistsException",
        errors.TooManyTrails: "MaximumNumberOfTrailsExceededException",
        errors.InvalidTrailName: "InvalidTrailNameException",
        errors.InvalidTrailArn: "CloudTrailARNInvalidException",
        errors.InvalidBucketName: "InvalidS3BucketNameException",
        errors.InvalidPrefix: "InvalidS3PrefixException",
        errors.InvalidLogGroupArn: "InvalidCloudWatchLogsLogGroupArnException",
        errors.InvalidLogRoleArn: "InvalidCloudWatchLogsRoleArnException",
        errors.InvalidSelectors: "InvalidEventSelectorsException",
        tags.InvalidTags: "InvalidTagParameterException",
        tags.TooManyTags: "TagsLimitExceededException",
        errors.NotOffered: "UnsupportedOperationException",
        InvalidToken: "InvalidNextTokenException",
    },
)

_ATTRIBUTES = {
    "EventId": "event_id",
    "EventName": "event",
    "EventSource": "source",
    "Username": "who",
    "ResourceName": "resource",
    "ResourceType": "resource_type",
    "AccessKeyId": "access_key_id",
    "ReadOnly": "read_only",
}
_SETTINGS = {
    "S3BucketName": "bucket",
    "S3KeyPrefix": "prefix",
    "IncludeGlobalServiceEvents": "global_events",
    "IsMultiRegionTrail": "multi_region",
    "EnableLogFileValidation": "validation",
    "CloudWatchLogsLogGroupArn": "log_group_arn",
    "CloudWatchLogsRoleArn": "log_role_arn",
}


@cloudtrail.operation("LookupEvents", partial="Insights events (EventCategory) are not offered.")
def lookup_events(call: Call, params: Params) -> Result:
    """Management events of the last 90 days, newest first."""
    access.look_up(call.principal)
    if params.get("EventCategory"):
        raise AwsError("InvalidEventCategoryException", "Insights events are not offered.")
    size = params.get("MaxResults", PAGE)
    if not 1 <= size <= PAGE:
        raise AwsError("InvalidMaxResultsException", f"MaxResults must be 1 to {PAGE}.")
    wanted = Filter(**_attribute(params), **_times(params, call.at))
    # The end of the history moves while a client pages: a token holds for the question, not for the moment.
    scope = repr(
        sorted((key, str(value)) for key, value in params.items() if key not in ("NextToken", "MaxResults"))
    )
    rows = queries.matching(wanted)
    found = paging.page(
        rows, token=params.get("NextToken", ""), size=size, key="sequence", scope=f"cloudtrail:{scope}"
    )
    return {"Events": [_event(queries.told(row)) for row in found.rows], **_next(found.next_token)}


def _attribute(params: Params) -> dict[str, Any]:
    given = params.get("LookupAttributes", [])
    if len(given) > 1:
        raise AwsError("InvalidLookupAttributesException", "Only one lookup attribute can be given.")
    found: dict[str, Any] = {}
    for one in given:
        name, value = _ATTRIBUTES.get(one["AttributeKey"]), one["AttributeValue"]
        if name is None or not value:
            raise AwsError(
                "InvalidLookupAttributesException", f"The attribute {one['AttributeKey'][:60]} is unknown."
            )
        if name == "read_only" and value not in ("true", "false"):
            raise AwsError("InvalidLookupAttributesException", "ReadOnly must be true or false.")
        found[name] = value == "true" if name == "read_only" else value
    return found


def _times(params: Params, at: datetime) -> dict[str, Any]:
    start, end = params.get("StartTime"), params.get("EndTime")
    if start and end and start > end:
        raise AwsError("InvalidTimeRangeException", "StartTime lies after EndTime.")
    oldest = at - HISTORY
    return {"start": max(start, oldest) if start else oldest, **({"end": end} if end else {})}


def _event(info: RecordInfo) -> dict[str, Any]:
    found: dict[str, Any] = {
        "EventId": info.event_id,
        "EventName": info.event_name,
        "ReadOnly": "true" if info.read_only else "false",
        "EventTime": info.at,
        "EventSource": info.event_source,
        "Resources": [
            {
                "ResourceType": one["type"],
                "ResourceName": named.name if (named := resources.of(one["ARN"])) else one["ARN"],
            }
            for one in info.resources
        ],
        "CloudTrailEvent": info.body,
    }
    optional = {"AccessKeyId": info.access_key_id, "Username": info.username}
    return found | {name: value for name, value in optional.items() if value}


def _next(token: str) -> dict[str, str]:
    return {"NextToken": token} if token else {}


@cloudtrail.operation("CreateTrail", partial="SNS topics, KMS keys and organization trails are refused.")
def create_trail(call: Call, params: Params) -> Result:
    """A trail that does not log yet."""
    given = tags.pairs(params.get("TagsList", []))
    access.may_create(call.principal, params["Name"], tagged=bool(given))
    trail = trails.create(
        name=params["Name"],
        settings_=_settings(params),
        tags=given,
        by=call.principal,
        at=call.at,
    )
    return _described(trail)


@cloudtrail.operation("UpdateTrail", partial="SNS topics, KMS keys and organization trails are refused.")
def update_trail(call: Call, params: Params) -> Result:
    """Changes what is given."""
    trail = access.trail(call.principal, params["Name"], "cloudtrail:UpdateTrail")
    return _described(trails.update(trail=trail, settings_=_settings(params), by=call.principal))


def _settings(params: Params) -> dict[str, Any]:
    for name in ("SnsTopicName", "KmsKeyId", "IsOrganizationTrail"):
        if params.get(name):
            raise errors.NotOffered(f"{name} is not offered by this installation.")
    return {field: params[name] for name, field in _SETTINGS.items() if name in params}


def _described(trail: Trail) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Name": trail.name,
        "S3BucketName": trail.bucket,
        "IncludeGlobalServiceEvents": trail.global_events,
        "IsMultiRegionTrail": trail.multi_region,
        "TrailARN": trail.arn,
        "LogFileValidationEnabled": trail.validation,
        "IsOrganizationTrail": False,
    }
    optional = {
        "S3KeyPrefix": trail.prefix,
        "CloudWatchLogsLogGroupArn": trail.log_group_arn,
        "CloudWatchLogsRoleArn": trail.log_role_arn,
    }
    return found | {name: value for name, value in optional.items() if value}


def _full(trail: Trail) -> dict[str, Any]:
    return _described(trail) | {
        "HomeRegion": settings.DEVOPSWEB_REGION,
        "HasCustomEventSelectors": trail.has_custom_selectors,
        "HasInsightSelectors": False,
    }


@cloudtrail.operation("DeleteTrail")
def delete_trail(call: Call, params: Params) -> Result:
    """The trail goes, what it delivered stays."""
    trails.delete(trail=access.trail(call.principal, params["Name"], "cloudtrail:DeleteTrail"))
    return {}


@cloudtrail.operation("GetTrail")
def get_trail(call: Call, params: Params) -> Result:
    """One trail."""
    return {"Trail": _full(access.trail(call.principal, params["Name"], "cloudtrail:GetTrail"))}


@cloudtrail.operation("DescribeTrails")
def describe_trails(call: Call, params: Params) -> Result:
    """The named trails, or all; names that are nobody's are left out."""
    access.may(call.principal, "cloudtrail:DescribeTrails")
    rows = Trail.objects.order_by("name")
    if wanted := params.get("trailNameList"):
        rows = rows.filter(name__in=[access.name_of(name) for name in wanted])
    return {"trailList": [_full(row) for row in rows]}


@cloudtrail.operation("ListTrails")
def list_trails(call: Call, params: Params) -> Result:
    """All trails, by name."""
    access.may(call.principal, "cloudtrail:ListTrails")
    token = params.get("NextToken", "")
    found = paging.page(
        Trail.objects.all(), token=token, size=PAGE, key="name", ascending=True, scope="cloudtrail:ListTrails"
    )
    region = settings.DEVOPSWEB_REGION
    return {
        "Trails": [{"TrailARN": row.arn, "Name": row.name, "HomeRegion": region} for row in found.rows],
        **_next(found.next_token),
    }


@cloudtrail.operation("StartLogging")
def start_logging(call: Call, params: Params) -> Result:
    """The trail delivers what happens from now on."""
    trails.start(trail=access.trail(call.principal, params["Name"], "cloudtrail:StartLogging"), at=call.at)
    return {}


@cloudtrail.operation("StopLogging")
def stop_logging(call: Call, params: Params) -> Result:
    """The trail delivers no more; the event history goes on."""
    trails.stop(trail=access.trail(call.principal, params["Name"], "cloudtrail:StopLogging"), at=call.at)
    return {}


@cloudtrail.operation("GetTrailStatus")
def get_trail_status(call: Call, params: Params) -> Result:
    """Whether it logs, when it delivered last, and what went wrong."""
    trail = access.trail(call.principal, params["Name"], "cloudtrail:GetTrailStatus")
    known = {
        "LatestDeliveryTime": trail.delivered_at,
        "LatestDeliveryError": trail.delivery_error,
        "StartLoggingTime": trail.started_at,
        "StopLoggingTime": trail.stopped_at,
        "LatestCloudWatchLogsDeliveryTime": trail.logs_delivered_at,
        "LatestCloudWatchLogsDeliveryError": trail.logs_error,
        "LatestDigestDeliveryTime": trail.digest_at,
        "TimeLoggingStarted": _text(trail.started_at),
        "TimeLoggingStopped": _text(trail.stopped_at),
        "LatestDeliveryAttemptTime": _text(trail.delivered_at),
    }
    return {"IsLogging": trail.is_logging, **{name: value for name, value in known.items() if value}}


def _text(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


@cloudtrail.operation(
    "PutEventSelectors", partial="Management events only: no DataResources, no advanced selectors."
)
def put_event_selectors(call: Call, params: Params) -> Result:
    """What the trail delivers: all, reads or writes, and services left out."""
    trail = access.trail(call.principal, params["TrailName"], "cloudtrail:PutEventSelectors")
    if params.get("AdvancedEventSelectors"):
        raise errors.InvalidSelectors("AdvancedEventSelectors is not offered; give EventSelectors.")
    return _selectors(trails.select(trail=trail, selectors=params.get("EventSelectors", [])))


@cloudtrail.operation("GetEventSelectors")
def get_event_selectors(call: Call, params: Params) -> Result:
    """What the trail delivers."""
    return _selectors(access.trail(call.principal, params["TrailName"], "cloudtrail:GetEventSelectors"))


def _selectors(trail: Trail) -> dict[str, Any]:
    selector = {
        "ReadWriteType": trail.read_write,
        "IncludeManagementEvents": trail.management_events,
        "DataResources": [],
        "ExcludeManagementEventSources": trail.excluded_sources,
    }
    return {"TrailARN": trail.arn, "EventSelectors": [selector]}


@cloudtrail.operation("ListPublicKeys")
def list_public_keys(call: Call, params: Params) -> Result:
    """The keys that signed digests in that time (now, unless times are given)."""
    access.may(call.principal, "cloudtrail:ListPublicKeys")
    now = call.at
    start, end = params.get("StartTime", now), params.get("EndTime", now)
    if start > end:
        raise AwsError("InvalidTimeRangeException", "StartTime lies after EndTime.")
    rows = SigningKey.objects.filter(valid_from__lte=end, valid_until__gte=start).order_by("valid_from")
    return {
        "PublicKeyList": [
            {
                "Value": bytes(row.public_der),
                "ValidityStartTime": row.valid_from,
                "ValidityEndTime": row.valid_until,
                "Fingerprint": row.fingerprint,
            }
            for row in rows
        ]
    }


@cloudtrail.operation("AddTags")
def add_tags(call: Call, params: Params) -> Result:
    """Adds or replaces tags."""
    trail = _tagged(call, params["ResourceId"], "cloudtrail:AddTags")
    tags.add(trail, tags.pairs(params["TagsList"]))
    return {}


@cloudtrail.operation("RemoveTags")
def remove_tags(call: Call, params: Params) -> Result:
    """Takes tags away."""
    trail = _tagged(call, params["ResourceId"], "cloudtrail:RemoveTags")
    tags.remove(trail, [one["Key"] for one in params["TagsList"]])
    return {}


@cloudtrail.operation("ListTags")
def list_tags(call: Call, params: Params) -> Result:
    """The tags of the named trails."""
    found = [_tagged(call, one, "cloudtrail:ListTags") for one in params["ResourceIdList"]]
    return {"ResourceTagList": [{"ResourceId": row.arn, "TagsList": tags.listed(row.tags)} for row in found]}


def _tagged(call: Call, arn: str, action: str) -> Trail:
    if not arn.startswith("arn:"):
        raise errors.InvalidTrailArn(f"{arn[:256]!r} is not the ARN of a trail.")
    try:
        return access.trail(call.principal, arn, action)
    except errors.TrailNotFound as error:
        raise AwsError("ResourceNotFoundException", str(error)) from None
