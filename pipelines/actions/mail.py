"""Letters to those who may decide."""

from pipelines.models import ActionExecution


def ask_approvers(action: ActionExecution) -> None:
    """Write to everybody who may answer the approval and has an address."""
