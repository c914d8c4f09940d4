"""CloudWatch's operations on metrics."""

from monitoring.metrics.aws import putting, reading

__all__ = ["putting", "reading"]
