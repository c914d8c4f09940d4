"""Pipelines, executions, approvals."""
