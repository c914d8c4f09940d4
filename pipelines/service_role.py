"""The role under which a pipeline acts: given by whoever writes the definition, assumed for each action."""

from datetime import datetime

from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal
from pipelines.arns import pipeline_arn
from pipelines.engine.types import Definition

SERVICE = "codepipeline"
NAME = "codepipeline.amazonaws.com"


def may_pass(principal: Principal, definition: Definition) -> None:
    """Require that ``principal`` may give the definition's role to the pipeline.

    Asked at every change: whoever writes the actions decides what the role's rights are used for.
    Raises ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    resource = pipeline_arn(definition.name)
    iam.pass_role(principal, definition.role_arn, NAME, associated=resource)
    for action in (action for stage in definition.stages for action in stage.actions):
        if action.role_arn:
            iam.require(principal, "iam:PassRole", action.role_arn, {"iam:PassedToService": NAME})


def session(
    pipeline: str, role_arn: str, execution_id: str, *, action_role: str = "", at: datetime
) -> Principal:
    """As whom an action acts: as the pipeline's role, which assumes the action's own role if there is one.

    Raises ``iam.api.AccessDenied``.
    """
    own = iam.service_session(SERVICE, role_arn, execution_id, source_arn=pipeline_arn(pipeline), at=at)
    return iam.assume_role(own, action_role, execution_id, at=at) if action_role else own


def default() -> str:
    """The role of pipelines for which nobody chooses one."""
    return iam.default_service_role(SERVICE)


def choices(principal: Principal) -> list[str]:
    """The roles that ``principal`` may give to a pipeline, the default one first."""
    return [default(), *(one for one in iam.passable_roles(principal, SERVICE) if one != default())]
