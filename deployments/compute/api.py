"""The front door of instances for deployments, the sample and the AWS API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployments.compute.actions import instances as actions
from deployments.compute.actions import local
from deployments.compute.models import Instance
from deployments.compute.states import InstanceStatus
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal

__all__ = ["InstanceInfo", "create_join_token", "ensure_local_instance", "instances"]


@dataclass(frozen=True)
class InstanceInfo:
    """An instance as other apps see it; ``url`` is empty for hosts elsewhere."""

    name: str
    arn: str
    provider: str
    status: str
    tags: Mapping[str, str]
    port: int | None
    url: str
    last_seen_at: datetime | None


def _info(row: Instance) -> InstanceInfo:
    return InstanceInfo(
        name=row.name,
        arn=row.arn,
        provider=row.provider,
        status=row.status,
        tags=row.tags,
        port=row.port,
        url=row.url,
        last_seen_at=row.last_seen_at,
    )


def create_join_token(
    *,
    principal: Principal,
    at: datetime,
    lifetime: timedelta = timedelta(hours=1),
    uses: int = 1,
    tags: Mapping[str, str] | None = None,
) -> str:
    """A token by which ``uses`` hosts may join; it can be read only now."""
    iam.require(principal, "codedeploy:RegisterOnPremisesInstance", arn("codedeploy", "instance:*"))
    return actions.create_join_token(
        creator_arn=principal.arn, at=at, lifetime=lifetime, uses=uses, tags=tags
    )


def ensure_local_instance(
    *, name: str, tags: Mapping[str, str], at: datetime, port: int | None = None
) -> InstanceInfo:
    """The local sandboxed instance ``name``; created on the next free port when it is missing."""
    return _info(local.ensure(name=name, tags=tags, port=port, at=at))


def instances(*, include_deregistered: bool = False) -> list[InstanceInfo]:
    """Every instance, by name."""
    rows = Instance.objects.order_by("name")
    if not include_deregistered:
        rows = rows.exclude(status=InstanceStatus.DEREGISTERED)
    return [_info(row) for row in rows]
