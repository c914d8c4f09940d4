"""CloudWatch's operations that describe alarms."""

import json
import re
from typing import Any

from django.db.models import QuerySet

from devopsweb.awsapi.errors import ParameterProblem
from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.kernel import paging
from monitoring.alarms import access
from monitoring.alarms.aws.words import cloudwatch
from monitoring.alarms.models import Alarm, AlarmHistory
from monitoring.alarms.states import AlarmState
from monitoring.metrics.api import is_percentile

PAGE = 50
MAILTO = "mailto:"
_STATES = {
    "OKActions": AlarmState.OK,
    "AlarmActions": AlarmState.ALARM,
    "InsufficientDataActions": AlarmState.INSUFFICIENT_DATA,
}


def shape(row: Alarm) -> dict[str, Any]:
    """``MetricAlarm``."""
    kind = "ExtendedStatistic" if is_percentile(row.statistic) else "Statistic"
    found: dict[str, Any] = {
        "AlarmName": row.name,
        "AlarmArn": row.arn,
        "AlarmConfigurationUpdatedTimestamp": row.configuration_updated_at,
        "ActionsEnabled": row.actions_enabled,
        "StateValue": row.state_value,
        "StateReason": row.state_reason[:1023],
        "StateUpdatedTimestamp": row.state_updated_at,
        "StateTransitionedTimestamp": row.state_transitioned_at,
        "MetricName": row.metric_name,
        "Namespace": row.namespace,
        kind: row.statistic,
        "Dimensions": [{"Name": key, "Value": value} for key, value in row.dimensions.items()],
        "Period": row.period,
        "EvaluationPeriods": row.evaluation_periods,
        "Threshold": row.threshold,
        "ComparisonOperator": row.comparison_operator,
        "TreatMissingData": row.treat_missing_data,
    }
    for name, state in _STATES.items():
        found[name] = [f"{MAILTO}{address}" for address in row.recipients.get(state, [])]
    optional = {
        "AlarmDescription": row.description,
        "StateReasonData": row.state_reason_data[:4000],
        "Unit": row.unit,
        "DatapointsToAlarm": row.datapoints_to_alarm,
    }
    if kind == "ExtendedStatistic":
        optional["EvaluateLowSampleCountPercentile"] = row.evaluate_low_sample_count
    return found | {name: value for name, value in optional.items() if value}


@cloudwatch.operation("DescribeAlarms", partial="There are metric alarms only, without parents and children.")
def describe_alarms(call: Call, params: Params) -> Result:
    """Alarms by name."""
    access.listing(call.principal)
    names, prefix = params.get("AlarmNames", []), params.get("AlarmNamePrefix", "")
    if names and prefix:
        raise ParameterProblem("AlarmNames and AlarmNamePrefix are mutually exclusive.")
    rows: QuerySet[Alarm] = Alarm.objects.all()
    if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]) or (
        params.get("ChildrenOfAlarmName") or params.get("ParentsOfAlarmName")
    ):
        rows = rows.none()
    if names:
        rows = rows.filter(name__in=names)
    if prefix:
        rows = rows.filter(name__regex=f"^{re.escape(prefix)}")
    state = params.get("StateValue", "")
    if state:
        rows = rows.filter(state_value=state)
    action = params.get("ActionPrefix", "")
    if action:
        kept = [row.pk for row in rows if _acts(row, action)]
        rows = Alarm.objects.filter(pk__in=kept)
    page = paging.page(
        rows,
        token=params.get("NextToken", ""),
        size=params.get("MaxRecords", PAGE),
        key="name",
        ascending=True,
        scope=f"cloudwatch:DescribeAlarms {sorted(names)} {prefix} {state} {action}",
    )
    found = {"MetricAlarms": [shape(row) for row in page.rows], "CompositeAlarms": []}
    return found | ({"NextToken": page.next_token} if page.next_token else {})


def _acts(row: Alarm, prefix: str) -> bool:
    return any(f"{MAILTO}{to}".startswith(prefix) for some in row.recipients.values() for to in some)


@cloudwatch.operation("DescribeAlarmsForMetric")
def describe_alarms_for_metric(call: Call, params: Params) -> Result:
    """The alarms on one metric."""
    access.every(call.principal, "DescribeAlarmsForMetric")
    wanted = {"Period": "period", "Unit": "unit", "Statistic": "statistic", "ExtendedStatistic": "statistic"}
    rows = Alarm.objects.filter(
        namespace=params["Namespace"],
        metric_name=params["MetricName"],
        **{ours: params[theirs] for theirs, ours in wanted.items() if theirs in params},
    )
    dimensions = {one["Name"]: one["Value"] for one in params.get("Dimensions", [])}
    found = [shape(row) for row in rows.order_by("name") if row.dimensions == dimensions]
    return {"MetricAlarms": found}


@cloudwatch.operation("DescribeAlarmHistory", partial="There are metric alarms only, without contributors.")
def describe_alarm_history(call: Call, params: Params) -> Result:
    """What happened to alarms in the last two weeks."""
    name = params.get("AlarmName", "")
    access.history(call.principal, name)
    rows: QuerySet[AlarmHistory] = AlarmHistory.objects.all()
    if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]):
        rows = rows.none()
    filters = {
        "alarm_name": name,
        "type": params.get("HistoryItemType"),
        "at__gte": params.get("StartDate"),
        "at__lte": params.get("EndDate"),
    }
    filters = {key: value for key, value in filters.items() if value}
    is_ascending = params.get("ScanBy") == "TimestampAscending"
    page = paging.page(
        rows.filter(**filters),
        token=params.get("NextToken", ""),
        size=params.get("MaxRecords", PAGE),
        ascending=is_ascending,
        scope=f"cloudwatch:DescribeAlarmHistory {filters} {is_ascending}",
    )
    found: dict[str, Any] = {"AlarmHistoryItems": [_item(row) for row in page.rows]}
    return found | ({"NextToken": page.next_token} if page.next_token else {})


def _item(row: AlarmHistory) -> dict[str, Any]:
    return {
        "AlarmName": row.alarm_name,
        "AlarmType": "MetricAlarm",
        "Timestamp": row.at,
        "HistoryItemType": row.type,
        "HistorySummary": row.summary[:255],
        "HistoryData": json.dumps(row.data)[:4095],
    }
