"""The role under which a deployment group acts: given with the group, assumed when a deployment begins."""

from datetime import datetime

from deployments.models import Deployment, DeploymentGroup
from devopsweb.iam import api as iam
from devopsweb.kernel.principals import Principal

SERVICE = "codedeploy"


def default() -> str:
    """The role of groups for which nobody chooses one."""
    return iam.default_service_role(SERVICE)


def choices(principal: Principal, present: str = "") -> list[str]:
    """The roles that ``principal`` may give to a group, the default one first, and the ``present`` one."""
    found = {*iam.passable_roles(principal, SERVICE), *filter(None, [present])}
    return [default(), *sorted(found - {default()})]


def may_pass(principal: Principal, role_arn: str, group_arn: str) -> None:
    """Require that ``principal`` may give the group its role.

    Raises ``iam.api.AccessDenied``, ``iam.api.RoleNotAssumable``.
    """
    iam.pass_role(principal, role_arn or default(), f"{SERVICE}.amazonaws.com", associated=group_arn)


def session(deployment: Deployment, *, at: datetime) -> Principal:
    """As whom the deployment acts. Raises ``iam.api.AccessDenied``."""
    group = deployment.group
    return iam.service_session(SERVICE, group.service_role, deployment.code, source_arn=group.arn, at=at)


def require_powers(principal: Principal, group: DeploymentGroup) -> None:
    """Require what a deployment does as its role: find hosts. Raises ``iam.api.AccessDenied``."""
    iam.require(principal, "ec2:DescribeInstances", "*")
    if group.tag_filters:
        iam.require(principal, "tag:GetResources", "*")
