"""Creates, changes and deletes build projects."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from devopsweb.iam.api import require
from devopsweb.kernel.arn import arn
from devopsweb.kernel.principals import Principal
from devopsweb.live import api as live
from devopsweb.vault import api as vault
from pipelines.builds.actions import roles
from pipelines.builds.errors import InvalidProject, ProjectAlreadyExists
from pipelines.builds.models import Build, Project

SETTINGS = (
    "description",
    "repository",
    "source_version",
    "buildspec",
    "image",
    "service_role",
    "network",
    "timeout_minutes",
    "queued_timeout_minutes",
    "memory_mib",
    "concurrent_builds",
    "wire",
    "tags",
)
KEEP = "\0keep"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def create(
    *,
    name: str,
    principal: Principal,
    at: datetime,
    environment: Sequence[Mapping[str, Any]] = (),
    **settings: Any,
) -> Project:
    """A new project; without a role it gets the default one.

    Raises ``ProjectAlreadyExists``, ``InvalidProject``, ``AccessDenied``, ``RoleNotAssumable``.
    """
    require(principal, "codebuild:CreateProject", arn("codebuild", f"project/{name}"))
    project = Project(
        name=name,
        environment=sealed(environment, []),
        next_number=_next_number(name),
        created_at=at,
        updated_at=at,
        **settings,
    )
    project.service_role = project.service_role or roles.default()
    _check(project)
    may_read(project.repository, principal)
    roles.may_pass(principal, project)
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError:
        raise ProjectAlreadyExists(f"A build project named {name!r} exists already.") from None
    live.changed("builds:all")
    return project


def update(
    project: Project,
    *,
    principal: Principal,
    at: datetime,
    environment: Sequence[Mapping[str, Any]] | None = None,
    **settings: Any,
) -> None:
    """Change ``settings`` of ``project``; a secret whose value is ``KEEP`` keeps what it has."""
    require(principal, "codebuild:UpdateProject", project.arn)
    if settings.get("repository", project.repository) != project.repository:
        may_read(settings["repository"], principal)
    former_role = project.service_role
    settings["service_role"] = settings.get("service_role") or former_role or roles.default()
    for field, value in settings.items():
        setattr(project, field, value)
    if project.service_role != former_role:
        roles.may_pass(principal, project)
    if environment is not None:
        project.environment = sealed(environment, project.environment)
    project.updated_at = at
    _check(project)
    # Never next_number: a build may be taking the next one at this moment.
    project.save(update_fields=[*settings, "environment", "updated_at"])
    live.changed("builds:all")


def delete(project: Project, *, principal: Principal) -> None:
    """Delete ``project``; its builds stay."""
    require(principal, "codebuild:DeleteProject", project.arn)
    project.delete()
    live.changed("builds:all")


def _next_number(name: str) -> int:
    """Builds outlive their project: one of the same name goes on counting after them."""
    last = Build.objects.filter(project_name=name).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def may_read(repository: str, principal: Principal) -> None:
    """A build shows its source to whoever sees its log: naming a repository needs the right to read it."""
    if repository:
        require(principal, "codecommit:GitPull", arn("codecommit", repository))


def _check(project: Project) -> None:
    try:
        project.full_clean(validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidProject(f"{field}: {' '.join(messages)}", field) from None
    if project.source_type != "CODEPIPELINE" and not project.repository and "\n" not in project.buildspec:
        raise InvalidProject(
            "A project without a repository needs the buildspec itself, not a path.", "buildspec"
        )


def sealed(wanted: Sequence[Mapping[str, Any]], present: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The variables ``wanted`` as they are stored. Raises ``InvalidProject``.

    A secret whose value is ``KEEP`` keeps what ``present`` has.
    """
    held = {row["name"]: row["value"] for row in present if row.get("secret")}
    rows: list[dict[str, Any]] = []
    for row in wanted:
        name, secret = str(row["name"]), bool(row.get("secret"))
        if not VARIABLE.fullmatch(name):
            raise InvalidProject(f"{name!r} is no variable name: use letters, digits and _.", "environment")
        if name.startswith("CODEBUILD_"):
            raise InvalidProject(f"{name}: names that begin with CODEBUILD_ are reserved.", "environment")
        if name in {other["name"] for other in rows}:
            raise InvalidProject(f"{name} stands in the environment twice.", "environment")
        value, kind = str(row["value"]), str(row.get("type", ""))
        if secret and value == KEEP:
            if name not in held:
                raise InvalidProject(f"{name}: a new secret needs a value.", "environment")
            value = held[name]
        elif secret:
            value = vault.encrypt(value)
        rows.append({"name": name, "value": value, "secret": secret} | ({"type": kind} if kind else {}))
    return rows
