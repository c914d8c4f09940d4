"""Instances for a principal, or AccessDenied naming the missing action and ARN."""

from deployments.compute import errors
from deployments.compute.models import Instance
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal


def arn_of(name: str) -> str:
    """The ARN of an instance, which need not exist."""
    return arn("codedeploy", f"instance:{name}")


def may_list(principal: Principal) -> None:
    """Raise unless ``principal`` may list instances."""
    iam.require(principal, "codedeploy:ListOnPremisesInstances", arn_of("*"))


def instance(principal: Principal, name: str, action: str) -> Instance:
    """The instance ``name`` if ``principal`` may do ``action`` upon it."""
    iam.require(principal, action, arn_of(name))
    found = Instance.objects.filter(name=name).first()
    if found is None:
        raise errors.InstanceDoesNotExist(f"There is no instance {name!r}.")
    return found
