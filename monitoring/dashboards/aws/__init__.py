"""CloudWatch's operations on dashboards."""

from monitoring.dashboards.aws import dashboards

__all__ = ["dashboards"]
