"""Alarms for a principal, or a refusal that names what is missing."""

from collections.abc import Iterable, Sequence

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from monitoring.alarms import queries
from monitoring.alarms.models import Alarm, alarm_arn

DESCRIBE = "cloudwatch:DescribeAlarms"
EVERY = "*"


def listing(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list alarms."""
    iam.require(principal, DESCRIBE, alarm_arn(EVERY))


def may_list(principal: Principal) -> bool:
    """``listing`` as a plain yes or no."""
    return iam.is_allowed(principal, DESCRIBE, alarm_arn(EVERY))


def alarm(principal: Principal, name: str, action: str = DESCRIBE) -> Alarm:
    """The alarm, if ``principal`` may do ``action`` upon it. Raises ``AlarmNotFound``, ``AccessDenied``."""
    iam.require(principal, action, alarm_arn(name))
    return queries.alarm(name)


def every(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may do ``cloudwatch:<action>`` upon all alarms."""
    iam.require(principal, f"cloudwatch:{action}", alarm_arn(EVERY))


def named(principal: Principal, name: str, action: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may ``action`` the alarm ``name``, existing or not."""
    iam.require(principal, f"cloudwatch:{action}", alarm_arn(name))


def history(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may see the history of an alarm, or of all when it has no name."""
    named(principal, name or EVERY, "DescribeAlarmHistory")


def put(principal: Principal, name: str, *, tagged: bool = False) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may create or change the alarm ``name`` (with tags)."""
    named(principal, name, "PutMetricAlarm")
    if tagged:
        named(principal, name, "TagResource")


def each(principal: Principal, names: Iterable[str], action: str) -> None:
    """``named`` for each of these names."""
    iam.require_each(principal, f"cloudwatch:{action}", map(alarm_arn, names))


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of alarms (``alarm:slow``), for policies that ask for one."""
    names = [one.removeprefix("alarm:") for one in resources]
    rows = Alarm.objects.filter(name__in=names).values_list("name", "tags")
    return {f"alarm:{name}": tags for name, tags in rows}


def may(principal: Principal, action: str, alarm_: Alarm) -> bool:
    """Whether ``principal`` may do ``cloudwatch:<action>`` upon the alarm."""
    return iam.is_allowed(principal, f"cloudwatch:{action}", alarm_.arn, tags=alarm_.tags)


def may_watch(principal: Principal, number: str) -> bool:
    """Whether ``principal`` may watch the topic ``alarm:<number>``."""
    row = Alarm.objects.filter(pk=number).first() if number.isdigit() else None
    return row is not None and may(principal, "DescribeAlarms", row)
