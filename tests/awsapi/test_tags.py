"""Tags as conditions: whichever operation brings or meets them, policies know them."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments.models import Application, DeploymentGroup
from devopsweb.awsapi import models, registry, tags
from devopsweb.iam import api as iam
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from devopsweb.kernel.clock import now
from tests.awsapi.local import aws
from tests.awsapi.test_every_operation import REFUSALS, attempts, outcome
from tests.iam.test_api import statement

BLUE, RED = "blue", "red"
ACCOUNT = "us-east-1:123456789012"
# Roles let nobody in who is not trusted, whatever the tags: tests/iam/test_sts.py asks these.
BY_TRUST = {("sts", "AssumeRole")}


def brings(service: str, name: str) -> str:
    """The member of an operation's input that sets or takes tags."""
    shape = models.load(service).operation(name).input
    members = shape.members if shape else {}
    return next((one for one in members if one.lower() in {"tags", "tagslist", "tagkeys"}), "")


BRINGING = [
    (service.name, name)
    for service in registry.services()
    for name in sorted(service.operations)
    if brings(service.name, name) and (service.name, name) not in BY_TRUST
]
TAKING = ("Untag", "Remove")


def with_tag(service: str, name: str, params: dict[str, Any], *, key: str, value: str) -> dict[str, Any]:
    """The parameters with this one tag, in the shape of the operation."""
    member = brings(service, name)
    shape = models.load(service).operation(name).input.members[member]
    if shape.type == "map":
        given: Any = {key: value}
    elif shape.element.type == "string":
        given = [key]
    else:
        spelling = {one.lower(): one for one in shape.element.members}
        given = [{spelling["key"]: key, spelling["value"]: value}]
    return {**params, member: given}


def give(user, *statements) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    PolicyAttachment.objects.create(policy=Policy.objects.create(name="tags", document=document), user=user)


def allow(action: str, **condition: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition}


@pytest.mark.django_db
class TestTagsOfRequests:
    @pytest.mark.parametrize("service", sorted({service for service, _ in BRINGING}))
    def test_decide_about_every_operation_that_brings_some(self, service, outsider):
        give(
            outsider,
            allow(f"{service}:*", StringEquals={"aws:RequestTag/team": BLUE}),
            *(
                allow(f"{service}:{verb}*", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}})
                for verb in TAKING
            ),
            statement(["iam:PassRole", "codecommit:GitPull"])["Statement"][0],
        )
        wrong = []

        for name in [name for mine, name in BRINGING if mine == service]:
            taking = name.startswith(TAKING)
            other = {"key": "cost", "value": BLUE} if taking else {"key": "team", "value": RED}
            for params in attempts(service, name):
                refused = outcome(outsider, service, name, with_tag(service, name, params, **other))
                if refused in REFUSALS:
                    break
            allowed = outcome(
                outsider, service, name, with_tag(service, name, params, key="team", value=BLUE)
            )
            if refused not in REFUSALS or allowed in REFUSALS:
                wrong.append(f"{name}: {refused} without, {allowed} with the tag")

        assert wrong == []

    def test_are_those_of_the_called_service_only(self, outsider):
        give(outsider, allow("*", StringEquals={"aws:RequestTag/team": BLUE}))
        service_role = iam.default_service_role("codebuild")

        with pytest.raises(ClientError, match="iam:PassRole"):
            aws(outsider)(
                "codebuild",
                "CreateProject",
                name="web",
                source={"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {}\n"},
                artifacts={"type": "NO_ARTIFACTS"},
                environment={"type": "LINUX_CONTAINER", "image": "devopsweb/sandbox", "computeType": "BUILD_GENERAL1_SMALL"},
                serviceRole=service_role,
                tags=[{"key": "team", "value": BLUE}],
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("operation", "params", "facts"),
        [
            ("TagResource", {"tags": {"a": "1"}}, {"aws:TagKeys": ["a"], "aws:RequestTag/a": "1"}),
            ("CreateTrail", {"TagsList": [{"Key": "a"}]}, {"aws:TagKeys": ["a"], "aws:RequestTag/a": ""}),
            ("RemoveTags", {"TagsList": [{"Key": "a"}]}, {"aws:TagKeys": ["a"]}),
            ("UntagLogGroup", {"tags": ["a", "b"]}, {"aws:TagKeys": ["a", "b"]}),
            ("UntagResource", {"TagKeys": ["a"]}, {"aws:TagKeys": ["a"]}),
            ("CreateUser", {"Tags": []}, {}),
            ("GetUser", {"UserName": "tags"}, {}),
        ],
    )
    def test_are_read_from_every_spelling(self, operation, params, facts):
        assert tags.brought(operation, params) == facts


ROLE = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}  # fmt: skip
OTHER_TRUST = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}}'  # fmt: skip
OTHER_POLICY = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}'
ALARM = {
    "Namespace": "a", "MetricName": "b", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum",
}  # fmt: skip
PROJECT = {
    "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {}\n"},
    "artifacts": {"type": "NO_ARTIFACTS"},
    "environment": {"type": "LINUX_CONTAINER", "image": "devopsweb/sandbox", "computeType": "BUILD_GENERAL1_SMALL"},
}  # fmt: skip
LOWER, UPPER = [{"key": "team", "value": BLUE}], [{"Key": "team", "Value": BLUE}]
# service → kinds of resources: how one named N is made with its tag, and what is then asked of it.
KINDS = [
    ("codecommit", "CreateRepository", {"repositoryName": "N", "tags": {"team": BLUE}}, "GetRepository", {"repositoryName": "N"}),
    ("codebuild", "CreateProject", {"name": "N", **PROJECT, "tags": LOWER}, "BatchGetProjects", {"names": ["N"]}),
    ("codedeploy", "CreateApplication", {"applicationName": "N", "tags": UPPER}, "GetApplication", {"applicationName": "N"}),
    ("codedeploy", "CreateApplication", {"applicationName": "N", "tags": UPPER}, "BatchGetApplications", {"applicationNames": ["N"]}),
    ("cloudtrail", "CreateTrail", {"Name": "N-trail", "S3BucketName": "bucket", "TagsList": UPPER}, "GetTrail", {"Name": "N-trail"}),
    ("logs", "CreateLogGroup", {"logGroupName": "N", "tags": {"team": BLUE}}, "ListTagsLogGroup", {"logGroupName": "N"}),
    ("logs", "CreateLogGroup", {"logGroupName": "N", "tags": {"team": BLUE}}, "CreateLogStream", {"logGroupName": "N", "logStreamName": "s"}),
    ("cloudwatch", "PutMetricAlarm", {"AlarmName": "N", **ALARM, "Tags": UPPER}, "DeleteAlarms", {"AlarmNames": ["N"]}),
    ("ssm", "PutParameter", {"Name": "N", "Value": "v", "Type": "String", "Tags": UPPER}, "GetParameter", {"Name": "N"}),
    ("secretsmanager", "CreateSecret", {"Name": "N", "SecretString": "v", "Tags": UPPER}, "GetSecretValue", {"SecretId": "N"}),
    ("iam", "CreateUser", {"UserName": "N", "Tags": UPPER}, "GetUser", {"UserName": "N"}),
    ("iam", "CreateRole", {"RoleName": "N", "AssumeRolePolicyDocument": OTHER_TRUST, "Tags": UPPER}, "GetRole", {"RoleName": "N"}),
    ("iam", "CreatePolicy", {"PolicyName": "N", "PolicyDocument": OTHER_POLICY, "Tags": UPPER}, "GetPolicy", {"PolicyArn": "arn:aws:iam::123456789012:policy/N"}),
    ("iam", "CreateOpenIDConnectProvider", {"Url": "https://N.example.com", "ClientIDList": ["a"], "Tags": UPPER}, "GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/N.example.com"}),
]  # fmt: skip


def named(params: Any, name: str) -> Any:
    """The parameters with ``name`` where they say N."""
    if isinstance(params, dict):
        return {key: named(value, name) for key, value in params.items()}
    if isinstance(params, list):
        return [named(value, name) for value in params]
    return re.sub(r"\bN\b", name, params) if isinstance(params, str) else params


def untagged(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key.lower() not in {"tags", "tagslist"}}


def make(owner, service: str, create: str, params: dict[str, Any]) -> None:
    """The one with its tag, and another without."""
    role = {"serviceRole": iam.default_service_role("codebuild")} if service == "codebuild" else {}
    for name, wanted in (("tagged", params), ("plain", untagged(params))):
        aws(owner)(service, create, **named(wanted, name), **role)


@pytest.mark.django_db
class TestTagsOfResources:
    @pytest.mark.parametrize("prefix", ["aws", "own"])
    @pytest.mark.parametrize(
        ("service", "create", "made", "operation", "asked"), KINDS, ids=[f"{k[0]}-{k[3]}" for k in KINDS]
    )
    def test_decide_about_those_that_have_them(
        self, owner, outsider, service, create, made, operation, asked, prefix
    ):
        make(owner, service, create, made)
        key = f"{'aws' if prefix == 'aws' else service}:ResourceTag/team"
        give(outsider, allow(f"{service}:*", StringEquals={key: BLUE}))

        assert outcome(outsider, service, operation, named(asked, "plain")) in REFUSALS
        assert outcome(outsider, service, operation, named(asked, "tagged")) == "ok"

    def test_are_asked_of_every_service_that_keeps_some(self):
        known = {kind[0] for kind in KINDS} | {"codepipeline", "sts"}

        assert {service for service, _ in BRINGING} <= known

    def test_of_a_group_reach_its_deployments(self, outsider):
        shop = Application.objects.create(name="shop", created_at=now())
        for name, held in (("live", {"team": BLUE}), ("test", {})):
            DeploymentGroup.objects.create(
                application=shop, name=name, config_name="CodeDeployDefault.OneAtATime", tags=held, created_at=now()
            )  # fmt: skip
        give(outsider, allow("codedeploy:*", StringEquals={"aws:ResourceTag/team": BLUE}))

        found = {
            name: outcome(outsider, "codedeploy", "GetDeploymentGroup", {"applicationName": "shop", "deploymentGroupName": name})
            for name in ("live", "test")
        }  # fmt: skip

        assert found == {"live": "ok", "test": "AccessDeniedException"}

    def test_of_a_role_decide_who_may_assume_and_pass_it(self, outsider):
        for name, held in (("blue", {"team": BLUE}), ("plain", {})):
            Role.objects.create(name=name, trust_policy=ROLE, tags=held, created_at=now())
        give(
            outsider,
            allow(
                "*",
                StringEquals={"aws:ResourceTag/team": BLUE, "iam:ResourceTag/team": BLUE},
            ),
        )
        principal = iam.principal_of(outsider)

        may = {
            name: iam.is_allowed(principal, "iam:PassRole", f"arn:aws:iam::123456789012:role/{name}")
            for name in ("blue", "plain")
        }

        assert may == {"blue": True, "plain": False}


@pytest.mark.django_db
class TestListsWithTagConditions:
    @pytest.mark.parametrize(
        ("service", "create", "made", "operation", "member"),
        [
            ("codecommit", "CreateRepository", {"repositoryName": "N", "tags": {"team": BLUE}}, "ListRepositories", ""),
            ("codecommit", "CreateRepository", {"repositoryName": "N", "tags": {"team": BLUE}}, "BatchGetRepositories", "repositoryNames"),
            ("codedeploy", "CreateApplication", {"applicationName": "N", "tags": UPPER}, "BatchGetApplications", "applicationNames"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_cost_the_same_however_many_there_are(
        self, owner, outsider, service, create, made, operation, member
    ):
        give(
            outsider,
            statement("codecommit:ListRepositories")["Statement"][0],
            allow(f"{service}:*", StringEquals={"aws:ResourceTag/team": BLUE}),
        )
        names: list[str] = []
        asked = aws(outsider)

        def cost(more: int) -> int:
            for _ in range(more):
                names.append(f"n{len(names)}")
                aws(owner)(service, create, **named(made, names[-1]))
            with CaptureQueriesContext(connection) as found:
                asked(service, operation, **({member: names} if member else {}))
            return len(found)

        # The first call loads the policies.
        cost(1)
        few = cost(1)

        assert cost(4) == few
