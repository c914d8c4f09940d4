"""A deployment's figures as CloudWatch metrics."""

from datetime import datetime

import structlog

from deployments.models import Deployment

log = structlog.get_logger(__name__)


def report(deployment: Deployment, *, at: datetime) -> None:
    """Put the end of a deployment on record."""
    log.debug("deployment figures", deployment=deployment.code, at=at.isoformat())
