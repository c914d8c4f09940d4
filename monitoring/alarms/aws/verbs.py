"""CloudWatch's operations that change alarms."""

from collections.abc import Sequence

from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import tags
from monitoring.alarms import access
from monitoring.alarms.actions import alarms
from monitoring.alarms.aws.describing import MAILTO
from monitoring.alarms.aws.words import cloudwatch
from monitoring.alarms.models import Alarm, alarm_arn
from monitoring.alarms.types import AlarmSpec

_AWAY = ("Metrics", "ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria")
_AWAY_TOO = ("EvaluationInterval", "ActionConfiguration")
_PLAIN = {
    "AlarmDescription": "description",
    "ActionsEnabled": "actions_enabled",
    "Unit": "unit",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "TreatMissingData": "treat_missing_data",
    "EvaluateLowSampleCountPercentile": "evaluate_low_sample_count",
}
_NEEDED = ("Namespace", "MetricName", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold")


@cloudwatch.operation(
    "PutMetricAlarm",
    partial="A threshold on one metric, with periods of whole minutes; actions are mailto: addresses. Metric math, "
    "anomaly detection, other actions and evaluation windows are refused.",
    read_only=False,
)
def put_metric_alarm(call: Call, params: Params) -> Result:
    """Create an alarm, or overwrite its configuration."""
    given = tags.pairs(params.get("Tags", []))
    access.put(call.principal, params["AlarmName"], tagged=bool(given))
    alarms.put(_spec(params), principal=call.principal, at=call.at, tags=given)
    return {}


def _spec(params: Params) -> AlarmSpec:
    for name in (*_AWAY, *_AWAY_TOO):
        if params.get(name):
            raise ParameterProblem(f"{name} is not available here.", parameter=name)
    if "Statistic" in params and "ExtendedStatistic" in params:
        raise AwsError(
            "InvalidParameterCombinationException", "Statistic and ExtendedStatistic are mutually exclusive."
        )
    statistic = params.get("Statistic") or params.get("ExtendedStatistic")
    if not statistic:
        raise ParameterProblem("Either Statistic or ExtendedStatistic must be specified.")
    for name in _NEEDED:
        if name not in params:
            raise ParameterProblem(f"The parameter {name} is required.", parameter=name)
    return AlarmSpec(
        name=params["AlarmName"],
        namespace=params["Namespace"],
        metric_name=params["MetricName"],
        dimensions={one["Name"]: one["Value"] for one in params.get("Dimensions", [])},
        statistic=statistic,
        period=params["Period"],
        evaluation_periods=params["EvaluationPeriods"],
        threshold=params["Threshold"],
        comparison_operator=params["ComparisonOperator"],
        alarm_emails=_addresses(params.get("AlarmActions", [])),
        ok_emails=_addresses(params.get("OKActions", [])),
        insufficient_data_emails=_addresses(params.get("InsufficientDataActions", [])),
        **{ours: params[theirs] for theirs, ours in _PLAIN.items() if theirs in params},
    )


def _addresses(actions: Sequence[str]) -> tuple[str, ...]:
    for action in actions:
        if not action.startswith(MAILTO):
            raise ParameterProblem(
                f"The action {action} is not available here: actions are {MAILTO}addresses."
            )
    return tuple(action.removeprefix(MAILTO) for action in actions)


@cloudwatch.operation("DeleteAlarms")
def delete_alarms(call: Call, params: Params) -> Result:
    """Delete those of the alarms that exist."""
    for row in _rows(call, params, "DeleteAlarms"):
        alarms.delete(row, principal=call.principal, at=call.at)
    return {}


@cloudwatch.operation("EnableAlarmActions", read_only=False)
def enable_alarm_actions(call: Call, params: Params) -> Result:
    """Let alarms act on their transitions."""
    for row in _rows(call, params, "EnableAlarmActions"):
        alarms.enable_actions(row, True, principal=call.principal, at=call.at)
    return {}


@cloudwatch.operation("DisableAlarmActions", read_only=False)
def disable_alarm_actions(call: Call, params: Params) -> Result:
    """Let alarms only record their transitions."""
    for row in _rows(call, params, "DisableAlarmActions"):
        alarms.enable_actions(row, False, principal=call.principal, at=call.at)
    return {}


def _rows(call: Call, params: Params, action: str) -> list[Alarm]:
    """Those of the named alarms that exist, after the question whether the caller may ``action`` all of them."""
    names = sorted(set(params["AlarmNames"]))
    access.each(call.principal, names, action)
    return list(Alarm.objects.filter(name__in=names).order_by("name"))


@cloudwatch.operation("SetAlarmState")
def set_alarm_state(call: Call, params: Params) -> Result:
    """Put an alarm into a state until its next evaluation."""
    row = access.alarm(call.principal, params["AlarmName"], "cloudwatch:SetAlarmState")
    alarms.set_state(
        row,
        params["StateValue"],
        reason=params["StateReason"],
        data=params.get("StateReasonData", ""),
        principal=call.principal,
        at=call.at,
    )
    return {}


def _by_arn(call: Call, params: Params, action: str) -> Alarm:
    prefix = alarm_arn("")
    name = params["ResourceARN"].removeprefix(prefix)
    access.named(call.principal, name, action)
    row = Alarm.objects.filter(name=name).first() if params["ResourceARN"].startswith(prefix) else None
    if row is None:
        raise AwsError("ResourceNotFoundException", f"{params['ResourceARN']} is no alarm that exists.")
    return row


@cloudwatch.operation("TagResource", partial="Alarms are the only resources with tags.")
def tag_resource(call: Call, params: Params) -> Result:
    """Add tags."""
    tags.add(_by_arn(call, params, "TagResource"), tags.pairs(params["Tags"]))
    return {}


@cloudwatch.operation("UntagResource", partial="Alarms are the only resources with tags.")
def untag_resource(call: Call, params: Params) -> Result:
    """Remove tags."""
    tags.remove(_by_arn(call, params, "UntagResource"), params["TagKeys"])
    return {}


@cloudwatch.operation("ListTagsForResource", partial="Alarms are the only resources with tags.")
def list_tags_for_resource(call: Call, params: Params) -> Result:
    """The tags."""
    return {"Tags": tags.listed(_by_arn(call, params, "ListTagsForResource").tags)}
