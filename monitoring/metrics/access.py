"""Who may read metrics."""

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal


def read(principal: Principal) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may list and read metrics (CloudWatch knows no finer grain)."""
    iam.require(principal, "cloudwatch:ListMetrics", "*")
    iam.require(principal, "cloudwatch:GetMetricData", "*")


def ask(principal: Principal, action: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may do ``cloudwatch:<action>``; metrics know no finer grain."""
    iam.require(principal, f"cloudwatch:{action}", "*")


def put(principal: Principal, namespace: str) -> None:
    """Raise ``AccessDenied`` unless ``principal`` may put data into ``namespace``."""
    iam.require(principal, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace})


def may_read(principal: Principal) -> bool:
    """``read`` as a plain yes or no."""
    return iam.is_allowed(principal, "cloudwatch:GetMetricData", "*")
