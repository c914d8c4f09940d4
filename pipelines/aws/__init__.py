"""AWS operations of pipelines: CodePipeline."""

from pipelines.aws import action_types, definitions, executions, history, states, steering, tagging

__all__ = ["action_types", "definitions", "executions", "history", "states", "steering", "tagging"]
