"""What watches over the storefront: an alarm on its builds, and a dashboard of its way to production."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devopsweb.kernel.arn import arn
from devopsweb.sample.shop import GROUP, NAME, installer
from monitoring.alarms import api as alarms
from monitoring.dashboards import api as dashboards

ALARM = f"{NAME}-builds-fail"


def install(at: datetime) -> None:
    """The alarm and the dashboard, unless there are some of these names."""
    if not alarms.states([ALARM]):
        alarms.put_alarm(_alarm(), principal=installer, at=at)
    if not dashboards.dashboard_exists(NAME):
        dashboards.put_dashboard(name=NAME, body=json.dumps(_dashboard()), principal=installer, at=at)


def _alarm() -> alarms.AlarmSpec:
    return alarms.AlarmSpec(
        name=ALARM,
        description=f"Builds of {NAME} failed in two of the last three periods.",
        namespace="AWS/CodeBuild",
        metric_name="FailedBuilds",
        dimensions={"ProjectName": f"{NAME}-build"},
        statistic="Sum",
        period=300,
        evaluation_periods=3,
        datapoints_to_alarm=2,
        comparison_operator=alarms.Comparison.GREATER_OR_EQUAL,
        threshold=1,
        treat_missing_data=alarms.MissingData.NOT_BREACHING,
    )


def _dashboard() -> dict[str, Any]:
    build, tests = {"ProjectName": f"{NAME}-build"}, {"ProjectName": f"{NAME}-test"}
    group = {"Application": NAME, "DeploymentGroup": GROUP}
    durations = [_row("AWS/CodeBuild", "Duration", build), _row("AWS/CodeBuild", "Duration", tests)]
    outcomes = [_row("AWS/CodeBuild", name, build) for name in ("SucceededBuilds", "FailedBuilds")]
    deployments = [
        _row("AWS/CodeDeploy", name, group) for name in ("SucceededDeployments", "FailedDeployments")
    ]
    alarm = arn("cloudwatch", f"alarm:{ALARM}")
    return {
        "widgets": [
            _chart(0, 0, "How long builds and tests take", durations, "Average"),
            _chart(12, 0, "Builds", outcomes, "Sum"),
            _chart(0, 6, "Deployments to production", deployments, "Sum"),
            {
                **{"type": "alarm", "x": 12, "y": 6, "width": 12, "height": 6},
                "properties": {"title": "Alarms", "alarms": [alarm]},
            },
        ]
    }


def _row(namespace: str, metric: str, dimensions: Mapping[str, str]) -> list[str]:
    return [namespace, metric, *(part for pair in dimensions.items() for part in pair)]


def _chart(x: int, y: int, title: str, metrics: list[list[str]], statistic: str) -> dict[str, Any]:
    place = {"type": "metric", "x": x, "y": y, "width": 12, "height": 6}
    return {**place, "properties": {"title": title, "metrics": metrics, "stat": statistic, "period": 300}}
