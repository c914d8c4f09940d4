"""Approval by a person."""

from datetime import timedelta

from devopsweb.kernel.ids import new_uuid
from pipelines.engine.types import ActionSpec, ActionType
from pipelines.providers.registry import Context, Outcome, Provider


class ManualApproval(Provider):
    """Waits until somebody answers; the token binds the answer to this request."""

    type = ActionType("Approval", "AWS", "Manual")
    spec = ActionSpec(
        inputs=(0, 0),
        outputs=(0, 0),
        optional=("NotificationArn", "CustomData", "ExternalEntityLink"),
        timeout=timedelta(days=7),
    )
    is_repeatable = True

    def start(self, context: Context) -> Outcome:
        """Ask; the pipeline's comment is the summary until there is an answer."""
        token, link = new_uuid(), context.configuration.get("ExternalEntityLink", "")
        return Outcome(
            "InProgress",
            external_id=token,
            token=token,
            url=link if link.startswith(("https://", "http://")) else "",
            summary=context.configuration.get("CustomData", ""),
        )
