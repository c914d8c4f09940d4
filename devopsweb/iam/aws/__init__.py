"""IAM's operations."""

from devopsweb.iam.aws import simulation

__all__ = ["simulation"]
