"""ARNs of pipelines, their stages and actions."""

from devopsweb.kernel.arn import arn

BUCKET = "devopsweb-artifacts"
"""The name under which AWS's shapes know the artifact store; keys in it are digests."""


def pipeline_arn(name: str) -> str:
    """The ARN of a pipeline."""
    return arn("codepipeline", name)


def stage_arn(name: str, stage: str) -> str:
    """The ARN of a stage."""
    return arn("codepipeline", f"{name}/{stage}")


def action_arn(name: str, stage: str, action: str) -> str:
    """The ARN of an action."""
    return arn("codepipeline", f"{name}/{stage}/{action}")
