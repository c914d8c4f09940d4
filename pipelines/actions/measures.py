"""Metrics of pipelines under AWS's names."""

from datetime import datetime

from pipelines.models import PipelineExecution


def finished(execution: PipelineExecution, *, at: datetime) -> None:
    """An execution ended: its duration, and whether it failed."""
