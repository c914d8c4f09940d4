"""The roles that services get when nobody chooses one, as AWS's console makes a "new service role"."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from devopsweb.iam.actions import policies
from devopsweb.iam.actions.news import tell
from devopsweb.iam.models import Policy, Role
from devopsweb.iam.service_roles import trust_of
from devopsweb.kernel.arn import arn

PATH = "/service-role/"

Statements = list[dict[str, Any]]


def _allow(service: str, actions: str, resource: str = "*") -> dict[str, Any]:
    named = [f"{service}:{action}" for action in actions.split()]
    return {"Effect": "Allow", "Action": named, "Resource": resource}


_BUILD_LOGS = "arn:aws:logs:*:*:log-group:/aws/codebuild/*"
_DEFAULTS: Mapping[str, tuple[str, Statements]] = {
    "codepipeline": (
        "DevOpsWebPipelineRole",
        [
            _allow("codecommit", "GetBranch GetCommit GetRepository UploadArchive GetUploadArchiveStatus CancelUploadArchive"),
            _allow("codebuild", "StartBuild StopBuild BatchGetBuilds"),
            _allow(
                "codedeploy",
                "CreateDeployment StopDeployment GetDeployment GetDeploymentConfig GetApplication "
                "GetApplicationRevision RegisterApplicationRevision",
            ),
        ],
    ),
    "codebuild": (
        "DevOpsWebBuildRole",
        [
            _allow("logs", "CreateLogGroup CreateLogStream PutLogEvents", _BUILD_LOGS),
            _allow("codecommit", "GitPull"),
            _allow("ssm", "GetParameters", "arn:aws:ssm:*:*:parameter/CodeBuild/*"),
            _allow("secretsmanager", "GetSecretValue", "arn:aws:secretsmanager:*:*:secret:/CodeBuild/*"),
        ],
    ),
    "codedeploy": (
        "DevOpsWebDeployRole",
        [
            _allow("ec2", "DescribeInstances"),
            _allow("tag", "GetResources"),
            _allow("cloudwatch", "DescribeAlarms"),
        ],
    ),
}  # fmt: skip


def default_arn(service: str) -> str:
    """The ARN of the role that objects of ``service`` (``codebuild``) get by default; empty without one."""
    return arn("iam", f"role{PATH}{_DEFAULTS[service][0]}") if service in _DEFAULTS else ""


def ensure_default(service: str, *, at: datetime) -> Role:
    """The role that objects of ``service`` get when nobody chooses one; made when it is missing."""
    name, statements = _DEFAULTS[service]
    return ensure(name, service=service, statements=statements, at=at)


def ensure(name: str, *, service: str, statements: Statements, at: datetime) -> Role:
    """The role ``name`` that ``service`` may assume, made with these permissions when it is missing.

    An existing one stays as its owner has made it.
    """
    found = Role.objects.filter(name__iexact=name).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _create(name, service, statements, at)
    except IntegrityError:
        return Role.objects.get(name__iexact=name)


def _create(name: str, service: str, statements: Statements, at: datetime) -> Role:
    role = Role.objects.create(
        name=name,
        path=PATH,
        description=f"{service} acts under this role.",
        trust_policy=trust_of(service),
    )
    tell("CreateRole", arns=[role.arn], by=None, at=at, roleName=name, path=PATH)
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = Policy.objects.filter(name__iexact=name).first()
    if policy is None:
        policy = policies.create(name=name, document=document, by=None, at=at, description=role.description)
    policies.attach(policy=policy, to=role, by=None, at=at)
    return role
