"""CodeDeploy: brings an artifact to the hosts of a deployment group."""

from datetime import datetime, timedelta
from typing import Any

from deployments import api as deployments
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.errors import Conflict, NotFound
from devopsweb.kernel.principals import Principal
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.providers.registry import Context, Outcome, Provider, failed


class CodeDeploy(Provider):
    """One deployment."""

    type = ActionType("Deploy", "AWS", "CodeDeploy")
    spec = ActionSpec(
        inputs=(1, 1),
        outputs=(0, 0),
        required=("ApplicationName", "DeploymentGroupName"),
        timeout=timedelta(days=5),
    )
    check_every = timedelta(seconds=15)

    def start(self, context: Context) -> Outcome:
        """Create the deployment as the pipeline's role, which must also be allowed to look after it."""
        artifact = context.inputs[0]
        application = context.configuration["ApplicationName"]
        group = arn(
            "codedeploy", f"deploymentgroup:{application}/{context.configuration['DeploymentGroupName']}"
        )
        iam.require(
            context.principal,
            "codedeploy:RegisterApplicationRevision",
            arn("codedeploy", f"application:{application}"),
        )
        iam.require(context.principal, "codedeploy:GetDeployment", group)
        deployment_id = deployments.create_deployment(
            application=application,
            group=context.configuration["DeploymentGroupName"],
            revision=deployments.Revision(
                digest=artifact.digest,
                commit=artifact.revision,
                repository=artifact.repository,
                description=f"{context.pipeline} #{context.number}",
            ),
            principal=context.principal,
            creator="codepipeline",
            description=f"Pipeline {context.pipeline}, execution {context.execution_id}",
            at=context.at,
        )
        return Outcome("InProgress", external_id=deployment_id, url=deployments.get(deployment_id).url)

    def observe(self, external_id: str, outputs: tuple[str, ...]) -> Outcome | None:
        """The deployment as it is now."""
        try:
            deployment = deployments.get(external_id)
        except NotFound:
            return failed("JobFailed", f"The deployment {external_id} no longer exists.")
        where: dict[str, Any] = {"external_id": deployment.id, "url": deployment.url}
        if deployment.status == "Succeeded":
            return Outcome("Succeeded", summary="Deployment Succeeded", **where)
        if deployment.status in ("Failed", "Stopped"):
            told = deployment.error_message or f"The deployment {deployment.id} ended as {deployment.status}."
            code = deployment.error_code or "JobFailed"
            rolled_back = f" Rolled back by {deployment.rollback_id}." if deployment.rollback_id else ""
            return failed(code, told + rolled_back, **where)
        return Outcome("InProgress", **where)

    def stop(self, external_id: str, *, principal: Principal, reason: str, at: datetime) -> None:
        """Stop the deployment."""
        try:
            deployments.stop_deployment(deployment_id=external_id, principal=principal, at=at)
        except (NotFound, Conflict):
            return
