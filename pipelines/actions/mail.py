"""Letters to those who may decide."""

from devopsweb.iam import api as iam
from monitoring.notifications import api as notifications
from pipelines import arns
from pipelines.models import ActionExecution
from pipelines.urls_of import absolute, action_url


def ask_approvers(action: ActionExecution) -> None:
    """Write to everybody who may answer the approval and has an address."""
    execution = action.execution
    resource = arns.action_arn(execution.pipeline.name, action.stage.name, action.name)
    people = iam.users_allowed("codepipeline:PutApprovalResult", resource)
    addresses = iam.email_addresses(people)
    if not addresses:
        return
    revision = execution.revision
    commit = f"{revision.get('revisionId', '')[:7]} {revision.get('revisionSummary', '')}".strip()
    lines = [
        f"{execution.pipeline.name} #{execution.number} waits in {action.stage.name}: {action.name}.",
        f"Commit: {commit}" if commit else "",
        action.summary,
        f"Review and decide: {absolute(action_url(action))}",
        f"Expires {action.due_at:%Y-%m-%d %H:%M} UTC." if action.due_at else "",
    ]
    notifications.email(
        to=addresses,
        subject=f"Approval needed: {execution.pipeline.name} #{execution.number}, {action.stage.name}",
        text="\n\n".join(line for line in lines if line) + "\n",
    )
