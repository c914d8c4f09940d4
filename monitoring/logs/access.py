"""Rows for a principal, or a refusal that names what is missing."""

from collections.abc import Sequence

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Denied, NotFound
from devopsweb.kernel.principals import Principal
from monitoring.logs import queries
from monitoring.logs.errors import GroupNotFound
from monitoring.logs.models import LogGroup, LogStream, group_arn, group_guard


def stream(principal: Principal, stream_id: str, action: str = "logs:GetLogEvents") -> LogStream:
    """The stream, if ``principal`` may do ``action`` upon it. Raises ``StreamNotFound``, ``AccessDenied``."""
    row = queries.stream(stream_id)
    iam.require(principal, action, row.arn)
    return row


def group(principal: Principal, name: str, action: str) -> LogGroup:
    """The group, if ``principal`` may do ``action`` upon it. Raises ``GroupNotFound``, ``AccessDenied``."""
    iam.require(principal, action, group_guard(name))
    row = LogGroup.objects.filter(name=name).first()
    if row is None:
        raise GroupNotFound("The specified log group does not exist.")
    return row


def new_group(principal: Principal, name: str, *, tagged: bool = False) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may create the log group ``name`` (with tags)."""
    iam.require(principal, "logs:CreateLogGroup", group_guard(name))
    if tagged:
        iam.require(principal, "logs:TagResource", group_guard(name))


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of groups, also for their streams (``log-group:/web:log-stream:a``), for policies that ask for one."""
    names = {one: one.removeprefix("log-group:").partition(":")[0] for one in resources}
    found = dict(LogGroup.objects.filter(name__in=set(names.values())).values_list("name", "tags"))
    return {one: found.get(name, {}) for one, name in names.items()}


def named_stream(principal: Principal, group_name: str, name: str, action: str) -> LogStream:
    """The stream ``name`` of a group, if ``principal`` may do ``action`` upon it.

    Raises ``GroupNotFound``, ``StreamNotFound``, ``AccessDenied``.
    """
    iam.require(principal, action, f"{group_arn(group_name)}:log-stream:{name}")
    return queries.named_stream(group_name, name)


def groups(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list log groups."""
    iam.require(principal, "logs:DescribeLogGroups", arn("logs", "log-group:*"))


def may_watch_stream(principal: Principal, stream_id: str) -> bool:
    """Whether ``principal`` may hear that a stream changed."""
    try:
        stream(principal, stream_id)
    except (Denied, NotFound):
        return False
    return True


def may_list(principal: Principal) -> bool:
    """Whether ``principal`` may see log groups, and hear that there are new streams."""
    return iam.is_allowed(principal, "logs:DescribeLogGroups", arn("logs", "log-group:*"))
