"""Rows of pipelines and their executions."""

from pipelines.models.definitions import Pipeline, PipelineSource, PipelineVersion, StageTransition
from pipelines.models.executions import ActionExecution, PipelineExecution, StageExecution

__all__ = [
    "ActionExecution",
    "Pipeline",
    "PipelineExecution",
    "PipelineSource",
    "PipelineVersion",
    "StageExecution",
    "StageTransition",
]
