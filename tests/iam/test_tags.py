"""Permissions by tags: of the caller, of the resource, of the request."""

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam import api
from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.kernel.clock import now
from pipelines.builds.models import Project
from repos.git import api as git
from repos.git.models import Repository
from tests.awsapi.local import aws
from tests.iam.test_api import statement

SHOP = "arn:aws:codecommit:us-east-1:123456789012:shop"


@pytest.fixture
def shop(db):
    git.create_repository(name="shop", principal=api.service_principal("test"), at=now())
    Repository.objects.update(tags={"team": "web"})


def give(user, document):
    policy = Policy.objects.create(name="tags", document=document)
    PolicyAttachment.objects.create(policy=policy, user=user)
    return api.principal_of(user)


class TestTagsOfResources:
    def test_are_known_to_policies_that_ask(self, shop, outsider):
        same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
        principal = give(outsider, statement("codecommit:GetRepository", Condition=same))
        assert not api.is_allowed(principal, "codecommit:GetRepository", SHOP)

        outsider.tags = {"team": "web"}
        outsider.save()

        assert api.is_allowed(principal, "codecommit:GetRepository", SHOP)
        assert "outsider" in api.users_allowed("codecommit:GetRepository", SHOP)
        Repository.objects.update(tags={})
        assert not api.is_allowed(principal, "codecommit:GetRepository", SHOP)

    def test_are_known_by_the_services_own_key_and_in_variables(self, outsider):
        Project.objects.create(name="web", tags={"Team": "web"}, created_at=now(), updated_at=now())
        project = "arn:aws:codebuild:us-east-1:123456789012:project/web"
        principal = give(
            outsider,
            statement(
                "codebuild:*",
                "arn:aws:codebuild:*:*:project/${aws:ResourceTag/team}",
                Condition={"StringEquals": {"codebuild:ResourceTag/team": "web"}},
            ),
        )

        assert api.is_allowed(principal, "codebuild:StartBuild", project)
        assert not api.is_allowed(principal, "codebuild:StartBuild", f"{project}2")

    def test_cost_nothing_when_nobody_asks(self, shop, outsider, django_assert_num_queries):
        principal = give(outsider, statement("codecommit:GetRepository"))
        api.is_allowed(principal, "codecommit:GetRepository", SHOP)

        with django_assert_num_queries(1):
            assert api.is_allowed(principal, "codecommit:GetRepository", SHOP)


class TestTagsOfRequests:
    def test_limit_what_may_be_created_and_tagged(self, shop, outsider):
        condition = {
            "StringEquals": {"aws:RequestTag/team": "web"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
        }
        actions = ["codecommit:CreateRepository", "codecommit:TagResource"]
        give(outsider, statement(actions, Condition=condition))
        call = aws(outsider)

        call("codecommit", "CreateRepository", repositoryName="blog", tags={"team": "web"})
        call("codecommit", "TagResource", resourceArn=SHOP, tags={"team": "web"})

        for tags in ({}, {"team": "ops"}, {"team": "web", "cost": "1"}):
            with pytest.raises(ClientError, match="AccessDenied"):
                call("codecommit", "CreateRepository", repositoryName="other", tags=tags)
