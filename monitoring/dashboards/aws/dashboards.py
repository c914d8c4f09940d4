"""CloudWatch's operations on dashboards."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.registry import Call, Params, Result, service
from devopsweb.kernel import paging
from monitoring.dashboards import access
from monitoring.dashboards.actions import dashboards
from monitoring.dashboards.engine.body import Message
from monitoring.dashboards.models import Dashboard
from monitoring.dashboards.queries import DashboardNotFound

PAGE = 1000
INVALID = "InvalidParameterValueException"

cloudwatch = service("cloudwatch", errors={DashboardNotFound: "DashboardNotFoundError"})


def _messages(given: Sequence[Message]) -> list[dict[str, str]]:
    return [{"DataPath": one.path, "Message": one.text} for one in given]


@cloudwatch.operation("PutDashboard", partial="Tags are refused.")
def put_dashboard(call: Call, params: Params) -> Result:
    """Create a dashboard, or replace its body."""
    name = params["DashboardName"]
    access.put(call.principal, name)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        raise AwsError(
            INVALID,
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, "
            "dash (-) and underscore (_).\n",
        )
    if params.get("Tags"):
        raise AwsError(INVALID, "Tags of dashboards are not available here.")
    try:
        told = dashboards.put(name=name, body=params["DashboardBody"], principal=call.principal, at=call.at)
    except dashboards.InvalidDashboard as error:
        raise AwsError(
            "DashboardInvalidInputError",
            f"The field DashboardBody is invalid: {error}",
            dashboardValidationMessages=_messages(error.messages),
        ) from None
    return {"DashboardValidationMessages": _messages(told)}


@cloudwatch.operation("GetDashboard")
def get_dashboard(call: Call, params: Params) -> Result:
    """A dashboard's body."""
    row = access.dashboard(call.principal, params["DashboardName"])
    return {"DashboardArn": row.arn, "DashboardBody": row.body, "DashboardName": row.name}


@cloudwatch.operation("ListDashboards")
def list_dashboards(call: Call, params: Params) -> Result:
    """Dashboards by name."""
    access.listing(call.principal)
    prefix = params.get("DashboardNamePrefix", "")
    rows = (
        Dashboard.objects.filter(name__regex=f"^{re.escape(prefix)}") if prefix else Dashboard.objects.all()
    )
    page = paging.page(
        rows,
        token=params.get("NextToken", ""),
        size=PAGE,
        key="name",
        ascending=True,
        scope=f"cloudwatch:ListDashboards {prefix}",
    )
    found: dict[str, Any] = {"DashboardEntries": [_entry(row) for row in page.rows]}
    return found | ({"NextToken": page.next_token} if page.next_token else {})


def _entry(row: Dashboard) -> dict[str, Any]:
    return {
        "DashboardName": row.name,
        "DashboardArn": row.arn,
        "LastModified": row.updated_at,
        "Size": len(row.body.encode()),
    }


@cloudwatch.operation("DeleteDashboards")
def delete_dashboards(call: Call, params: Params) -> Result:
    """Delete dashboards, all or none."""
    names = sorted(set(params["DashboardNames"]))
    if not names:
        raise AwsError(INVALID, "The parameter DashboardNames must name at least one dashboard.")
    with transaction.atomic():
        for row in [access.dashboard(call.principal, name, "DeleteDashboards") for name in names]:
            dashboards.delete(row, principal=call.principal, at=call.at)
    return {}
