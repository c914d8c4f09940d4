"""Rows of deployments for a principal, or AccessDenied naming the missing action and ARN."""

from collections.abc import Iterable, Sequence

from deployments import errors
from deployments.models import Application, Deployment, DeploymentGroup
from devopsweb.iam import api as iam
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal


def group_arn(application: str, group: str) -> str:
    """The ARN of a deployment group, which need not exist."""
    return arn("codedeploy", f"deploymentgroup:{application}/{group}")


def application_arn(application: str) -> str:
    """The ARN of an application, which need not exist."""
    return arn("codedeploy", f"application:{application}")


def may_list(principal: Principal) -> None:
    """Raise unless ``principal`` may list deployments."""
    iam.require(principal, "codedeploy:ListDeployments", group_arn("*", "*"))


def existing(application_name: str) -> Application:
    """The application, for whoever was let through already. Raises ``ApplicationDoesNotExist``."""
    found = Application.objects.filter(name=application_name).first()
    if found is None:
        raise errors.ApplicationDoesNotExist(f"There is no application {application_name!r}.")
    return found


def existing_group(application_name: str, name: str) -> DeploymentGroup:
    """The group, for whoever was let through already.

    Raises ``ApplicationDoesNotExist``, ``DeploymentGroupDoesNotExist``.
    """
    found = existing(application_name).groups.filter(name=name).first()
    if found is None:
        raise errors.DeploymentGroupDoesNotExist(
            f"There is no deployment group {name!r} in {application_name!r}."
        )
    return found


def every_application(principal: Principal, action: str) -> None:
    """Raise unless ``principal`` may do ``action`` upon all applications."""
    iam.require(principal, action, application_arn("*"))


def config(principal: Principal, name: str, action: str) -> None:
    """Raise unless ``principal`` may do ``action`` upon the configuration ``name``."""
    iam.require(principal, action, arn("codedeploy", f"deploymentconfig:{name}"))


def named_application(principal: Principal, name: str, action: str) -> None:
    """Raise unless ``principal`` may do ``action`` upon the application ``name``, existing or not."""
    iam.require(principal, action, application_arn(name))


def named_applications(principal: Principal, names: Iterable[str], action: str) -> None:
    """``named_application`` for each of these names."""
    iam.require_each(principal, action, map(application_arn, names))


def named_group(principal: Principal, application_name: str, name: str, action: str) -> None:
    """Raise unless ``principal`` may do ``action`` upon that group, existing or not."""
    iam.require(principal, action, group_arn(application_name, name))


def named_groups(principal: Principal, application_name: str, names: Iterable[str], action: str) -> None:
    """``named_group`` for each of these names."""
    iam.require_each(principal, action, [group_arn(application_name, name) for name in names])


def tags_of(resources: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of applications and groups (``application:shop``, ``deploymentgroup:shop/live``)."""
    names: dict[str, list[str]] = {}
    for resource in resources:
        kind, _, name = resource.partition(":")
        names.setdefault(kind, []).append(name)
    found = {}
    if asked := names.get("application"):
        rows = Application.objects.filter(name__in=asked).values_list("name", "tags")
        found = {f"application:{name}": tags for name, tags in rows}
    if asked := names.get("deploymentgroup"):
        groups = DeploymentGroup.objects.filter(
            application__name__in={name.partition("/")[0] for name in asked},
            name__in={name.partition("/")[2] for name in asked},
        )
        for application_name, name, tags in groups.values_list("application__name", "name", "tags"):
            found[f"deploymentgroup:{application_name}/{name}"] = tags
    return found


def application(principal: Principal, name: str, action: str) -> Application:
    """The application ``name`` if ``principal`` may do ``action`` upon it."""
    iam.require(principal, action, application_arn(name))
    found = Application.objects.filter(name=name).first()
    if found is None:
        raise errors.ApplicationDoesNotExist(f"There is no application {name!r}.")
    return found


def group(principal: Principal, application_name: str, name: str, action: str) -> DeploymentGroup:
    """The group ``application_name/name`` if ``principal`` may do ``action`` upon it.

    Raises ``ApplicationDoesNotExist``, ``DeploymentGroupDoesNotExist``.
    """
    iam.require(principal, action, group_arn(application_name, name))
    found = (
        DeploymentGroup.objects.select_related("application", "last_successful", "last_attempted")
        .filter(application__name=application_name, name=name)
        .first()
    )
    if found is None:
        existing(application_name)
        raise errors.DeploymentGroupDoesNotExist(
            f"There is no deployment group {name!r} in {application_name!r}."
        )
    return found


def deployment(principal: Principal, code: str, action: str) -> Deployment:
    """The deployment ``code`` if ``principal`` may do ``action`` upon its group."""
    found = Deployment.objects.select_related("group__application", "rollback_of").filter(code=code).first()
    if found is None:
        iam.require(principal, action, group_arn("*", "*"))
        raise errors.DeploymentDoesNotExist(f"There is no deployment {code!r}.")
    iam.require(principal, action, found.group.arn)
    return found
