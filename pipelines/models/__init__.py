"""Rows of pipelines and their executions."""

from pipelines.models.definitions import Pipeline, PipelineSource, PipelineVersion, StageTransition
from pipelines.models.executions import ActionExecution, PipelineExecution, SourceRevision, StageExecution

__all__ = [
    "ActionExecution",
    "Pipeline",
    "PipelineExecution",
    "PipelineSource",
    "PipelineVersion",
    "SourceRevision",
    "StageExecution",
    "StageTransition",
]
