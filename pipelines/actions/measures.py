"""Metrics of pipelines under AWS's names."""

from collections.abc import Mapping
from datetime import datetime

from monitoring.metrics.api import Datum, put
from pipelines.models import PipelineExecution
from pipelines.states import ExecutionState

NAMESPACE = "AWS/CodePipeline"


def finished(execution: PipelineExecution, *, at: datetime) -> None:
    """An execution ended: its duration, and whether it failed."""
    by_pipeline = {"PipelineName": execution.pipeline.name}
    seconds = (at - execution.started_at).total_seconds()
    data = [_datum("PipelineDuration", seconds, at, "Seconds", by_pipeline)]
    failed = float(execution.status == ExecutionState.FAILED)
    for dimensions in (by_pipeline, {}):
        data.append(_datum("PipelineExecutions", 1, at, "Count", dimensions))
        data.append(_datum("FailedPipelineExecutions", failed, at, "Count", dimensions))
    put(data)


def _datum(name: str, value: float, at: datetime, unit: str, dimensions: Mapping[str, str]) -> Datum:
    return Datum(namespace=NAMESPACE, name=name, value=value, at=at, unit=unit, dimensions=dimensions)
