"""Service-linked roles: made for a service, changed and assumed by nobody else."""

from datetime import datetime

from devopsweb.iam.actions import roles
from devopsweb.iam.errors import InvalidInput, NoSuchEntity
from devopsweb.iam.models import Role
from devopsweb.kernel import ids
from devopsweb.kernel.principals import Principal

DOMAIN = ".amazonaws.com"


def path_of(service: str) -> str:
    """The path of the service's own roles."""
    return f"{roles.LINKED_PATH}{service}/"


def resource_of(service: str, suffix: str = "") -> str:
    """Path and name of the role."""
    return path_of(service) + name_of(service, suffix)


def name_of(service: str, suffix: str = "") -> str:
    """The role's name (``AWSServiceRoleForCodepipeline``)."""
    words = service.removesuffix(DOMAIN).replace(".", "-").split("-")
    name = "AWSServiceRoleFor" + "".join(word.capitalize() for word in words)
    return f"{name}_{suffix}" if suffix else name


def create(*, service: str, suffix: str, description: str, by: Principal | None, at: datetime) -> Role:
    """Make the role. Raises ``InvalidInput``, also when it is there already."""
    if not service.endswith(DOMAIN) or not service.removesuffix(DOMAIN):
        raise InvalidInput(f"{service} is not the name of a service, such as codepipeline{DOMAIN}.")
    name = name_of(service, suffix)
    if Role.objects.filter(name__iexact=name).exists():
        raise InvalidInput(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return roles.create(
        name=name, path=path_of(service), description=description, by=by, at=at, linked=True,
        trust_policy={"Version": "2012-10-17", "Statement": [statement]},
    )  # fmt: skip


def delete(*, role: Role, by: Principal | None, at: datetime) -> str:
    """Delete the role; returns the id of the deletion. Raises ``InvalidInput`` for another kind of role."""
    if not roles.is_linked(role):
        raise InvalidInput(f"{role.name} is not a service-linked role.")
    task = f"task{role.path}{role.name}/{ids.new_uuid()}"
    roles.delete_with_belongings(role=role, by=by, at=at)
    return task


def resource_of_task(task: str) -> str:
    """Path and name of the role that a deletion was about."""
    return task.removeprefix("task").rpartition("/")[0] or "/"


def require_done(task: str) -> None:
    """Raise ``NoSuchEntity`` unless this may be the deletion of a role that is gone."""
    resource = resource_of_task(task)
    is_linked = task.startswith("task") and resource.startswith(roles.LINKED_PATH)
    if not is_linked or Role.objects.filter(name=resource.rpartition("/")[2]).exists():
        raise NoSuchEntity(f"Deletion Task id {task} cannot be found.")
