"""An alarm's configuration in EventBridge's shape."""

from typing import Any

from monitoring.alarms.types import AlarmSpec


def configuration(spec: AlarmSpec, *, full: bool) -> dict[str, Any]:
    """``full`` adds the rule and the actions, as configuration events have them."""
    metric = {
        "id": "m1",
        "metricStat": {
            "metric": {
                "namespace": spec.namespace,
                "name": spec.metric_name,
                "dimensions": dict(spec.dimensions),
            },
            "period": spec.period,
            "stat": spec.statistic,
        },
        "returnData": True,
    }
    body: dict[str, Any] = {"description": spec.description, "metrics": [metric]}
    if full:
        body |= {
            "alarmName": spec.name,
            "evaluationPeriods": spec.evaluation_periods,
            "datapointsToAlarm": spec.datapoints_to_alarm or spec.evaluation_periods,
            "threshold": spec.threshold,
            "comparisonOperator": spec.comparison_operator,
            "treatMissingData": spec.treat_missing_data,
            "actionsEnabled": spec.actions_enabled,
            "alarmActions": [f"mailto:{address}" for address in spec.alarm_emails],
            "okActions": [f"mailto:{address}" for address in spec.ok_emails],
            "insufficientDataActions": [f"mailto:{a}" for a in spec.insufficient_data_emails],
        }
    return body
