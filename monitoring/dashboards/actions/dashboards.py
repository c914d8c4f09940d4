"""Puts and deletes dashboards."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from devopsweb.events import api as events
from devopsweb.kernel.errors import Conflict, Invalid
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from monitoring.dashboards.engine import body as engine
from monitoring.dashboards.event_types import DashboardChanged
from monitoring.dashboards.models import Dashboard

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class InvalidDashboard(Invalid):
    """The name or body breaks a rule; ``messages`` say where and what."""

    def __init__(self, messages: tuple[engine.Message, ...]) -> None:
        super().__init__(" ".join(f"{m.path}: {m.text}" for m in messages))
        self.messages = messages


class DashboardExists(Conflict):
    """The name is taken."""


def put(*, name: str, body: str, principal: Principal, at: datetime) -> tuple[engine.Message, ...]:
    """Create the dashboard ``name`` or replace its body; answers warnings. Raises ``InvalidDashboard``."""
    read = _check(name, body)
    with transaction.atomic():
        row, _ = Dashboard.objects.update_or_create(
            name=name, defaults={"body": body, "updated_at": at, "updated_by": principal.name}
        )
        _tell("PutDashboard", row, principal=principal, at=at)
    return read.messages


def create(*, name: str, body: str, principal: Principal, at: datetime) -> None:
    """Create a dashboard whose name is free. Raises ``InvalidDashboard``, ``DashboardExists``."""
    _check(name, body)
    try:
        with transaction.atomic():
            row = Dashboard.objects.create(name=name, body=body, updated_at=at, updated_by=principal.name)
            _tell("PutDashboard", row, principal=principal, at=at)
    except IntegrityError:
        raise DashboardExists(f"A dashboard named {name} exists.") from None


def _check(name: str, body: str) -> engine.Body:
    if not _NAME.fullmatch(name):
        text = "A name has 1 to 255 letters, digits, dashes (-) and underscores (_)."
        raise InvalidDashboard((engine.Message("name", text),))
    read = engine.load(body)
    if read.errors:
        raise InvalidDashboard(read.errors)
    return read


def delete(row: Dashboard, *, principal: Principal, at: datetime) -> None:
    """Delete a dashboard."""
    with transaction.atomic():
        deleted, _ = Dashboard.objects.filter(pk=row.pk).delete()
        if deleted:
            _tell("DeleteDashboards", row, principal=principal, at=at)


def _tell(event_name: str, row: Dashboard, *, principal: Principal, at: datetime) -> None:
    event = DashboardChanged(event_name=event_name, dashboard=row.name, arn=row.arn)
    events.publish(event, at=at, principal_arn=principal.arn)
    live.changed("dashboards:all", f"dashboard:{row.name}")
