"""What watches over the storefront: an alarm on its builds."""

from datetime import datetime

from devopsweb.sample.shop import NAME, installer
from monitoring.alarms import api as alarms

ALARM = f"{NAME}-builds-fail"


def install(at: datetime) -> None:
    """The alarm, unless there is one of that name."""
    if alarms.states([ALARM]):
        return
    failures = alarms.AlarmSpec(
        name=ALARM,
        description=f"Two of the last three periods had a build of {NAME} that failed.",
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
    alarms.put_alarm(failures, principal=installer, at=at)
