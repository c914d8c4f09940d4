"""Dashboards for a principal, or a refusal that names what is missing."""

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from monitoring.dashboards import queries
from monitoring.dashboards.models import Dashboard, dashboard_arn


def listing(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list dashboards."""
    iam.require(principal, "cloudwatch:ListDashboards", "*")


def may_list(principal: Principal) -> bool:
    """``listing`` as a plain yes or no."""
    return iam.is_allowed(principal, "cloudwatch:ListDashboards", "*")


def dashboard(principal: Principal, name: str, action: str = "GetDashboard") -> Dashboard:
    """The dashboard, if ``principal`` may do ``action`` upon it. Raises ``DashboardNotFound``, ``AccessDenied``."""
    iam.require(principal, f"cloudwatch:{action}", dashboard_arn(name))
    return queries.dashboard(name)


def put(principal: Principal, name: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may create the dashboard ``name``."""
    iam.require(principal, "cloudwatch:PutDashboard", dashboard_arn(name))


def may(principal: Principal, action: str, name: str) -> bool:
    """Whether ``principal`` may do ``cloudwatch:<action>`` upon the dashboard."""
    return iam.is_allowed(principal, f"cloudwatch:{action}", dashboard_arn(name))
