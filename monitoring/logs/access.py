"""Rows for a principal, or a refusal that names what is missing."""

from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Denied, NotFound
from devopsweb.kernel.principals import Principal
from monitoring.logs import queries
from monitoring.logs.errors import GroupNotFound
from monitoring.logs.models import LogGroup, LogStream


def stream(principal: Principal, stream_id: str, action: str = "logs:GetLogEvents") -> LogStream:
    """The stream, if ``principal`` may do ``action`` upon it. Raises ``StreamNotFound``, ``AccessDenied``."""
    row = queries.stream(stream_id)
    iam.require(principal, action, row.arn)
    return row


def group(principal: Principal, name: str, action: str) -> LogGroup:
    """The group, if ``principal`` may do ``action`` upon it. Raises ``GroupNotFound``, ``AccessDenied``."""
    iam.require(principal, action, arn("logs", f"log-group:{name}"))
    row = LogGroup.objects.filter(name=name).first()
    if row is None:
        raise GroupNotFound(f"There is no log group {name!r}.")
    return row


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
