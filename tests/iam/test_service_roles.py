"""Roles that services act under: who may give them, and what a session of one may do."""

import pytest

from devopsweb.iam import api
from devopsweb.iam.models import Policy, PolicyAttachment, Role
from devopsweb.kernel.clock import now
from tests.iam.test_api import statement

BUILDS = "codebuild.amazonaws.com"
DEFAULT = "arn:aws:iam::123456789012:role/service-role/DevOpsWebBuildRole"
PROJECT = "arn:aws:codebuild:us-east-1:123456789012:project/web"


def give(user, document, name="given"):
    api.ensure_policy(name, document)
    PolicyAttachment.objects.create(policy=Policy.objects.get(name=name), user=user)


@pytest.fixture
def role(db):
    """A role of builds that may pull one repository."""
    pull = {"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "arn:aws:codecommit:*:*:web"}
    return api.ensure_service_role("builder", service="codebuild", statements=[pull], at=now())


class TestPassRole:
    def test_needs_the_permission_for_this_role_and_service(self, outsider, role):
        condition = {"StringEquals": {"iam:PassedToService": BUILDS}}
        principal = api.principal_of(outsider)
        with pytest.raises(api.AccessDenied, match="no identity-based policy allows the iam:PassRole"):
            api.pass_role(principal, role, BUILDS)

        give(outsider, statement("iam:PassRole", role, Condition=condition))

        api.pass_role(principal, role, BUILDS)
        with pytest.raises(api.AccessDenied):
            api.pass_role(principal, role, "codepipeline.amazonaws.com")
        with pytest.raises(api.AccessDenied):
            api.pass_role(principal, DEFAULT, BUILDS)

    def test_needs_a_role_that_trusts_the_service(self, owner, role):
        principal = api.principal_of(owner)

        with pytest.raises(api.RoleNotAssumable, match=r"codedeploy.amazonaws.com is not authorized"):
            api.pass_role(principal, role, "codedeploy.amazonaws.com")
        with pytest.raises(api.RoleNotAssumable, match="does not exist"):
            api.pass_role(principal, role + "x", BUILDS)

    def test_makes_the_default_role_for_whoever_may_pass_it(self, owner, outsider):
        with pytest.raises(api.AccessDenied):
            api.pass_role(api.principal_of(outsider), DEFAULT, BUILDS)
        assert not Role.objects.exists()

        api.pass_role(api.principal_of(owner), DEFAULT, BUILDS)
        api.pass_role(api.principal_of(owner), DEFAULT, BUILDS)

        assert Role.objects.get().arn == DEFAULT == api.default_service_role("codebuild")

    def test_offers_only_what_may_be_passed(self, owner, outsider, role):
        assert api.passable_roles(api.principal_of(owner), "codebuild") == [role]
        assert api.passable_roles(api.principal_of(owner), "codedeploy") == []
        assert api.passable_roles(api.principal_of(outsider), "codebuild") == []


class TestSession:
    def test_may_what_the_role_allows(self, role):
        session = api.service_session("codebuild", role, "AWSCodeBuild-1", source_arn=PROJECT)

        assert session.arn == "arn:aws:sts::123456789012:assumed-role/builder/AWSCodeBuild-1"
        assert session.unique_id == f"{Role.objects.get().unique_id}:AWSCodeBuild-1"
        assert api.is_allowed(session, "codecommit:GitPull", "arn:aws:codecommit:us-east-1:1:web")
        with pytest.raises(
            api.AccessDenied, match=r"User: arn:aws:sts::\d+:assumed-role/builder/AWSCodeBuild-1 is not"
        ):
            api.require(session, "codecommit:GitPull", "arn:aws:codecommit:us-east-1:1:shop")

    def test_is_refused_to_a_service_that_the_role_does_not_trust(self, role):
        with pytest.raises(api.AccessDenied, match="no resource-based policy allows the sts:AssumeRole"):
            api.service_session("codepipeline", role, "x")

    def test_is_refused_when_the_role_is_gone(self, role):
        Role.objects.all().delete()

        with pytest.raises(api.AccessDenied, match="sts:AssumeRole"):
            api.service_session("codebuild", role, "x")

    def test_is_noted_as_the_roles_last_use(self, role):
        at = now()
        api.service_session("codebuild", role, "x", at=at)

        assert Role.objects.get().last_used_at == at

    def test_ends_with_the_role(self, role):
        session = api.service_session("codebuild", role, "x")
        Role.objects.all().delete()

        assert not api.is_allowed(session, "codecommit:GitPull", "arn:aws:codecommit:us-east-1:1:web")

    def test_is_kept_to_the_objects_that_the_trust_policy_names(self, role):
        row = Role.objects.get()
        condition = {"ArnLike": {"aws:SourceArn": "arn:aws:codebuild:*:*:project/web"}}
        row.trust_policy["Statement"][0]["Condition"] = condition
        row.save()

        assert api.service_session("codebuild", role, "x", source_arn=PROJECT)
        with pytest.raises(api.AccessDenied):
            api.service_session("codebuild", role, "x", source_arn=f"{PROJECT}2")

    def test_can_take_another_role_that_lets_it(self, role):
        other = api.ensure_service_role(
            "other",
            service="codebuild",
            statements=[{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
            at=now(),
        )
        session = api.service_session("codebuild", role, "x")
        with pytest.raises(api.AccessDenied):
            api.assume_role(session, other, "y", at=now())

        row = Role.objects.get(name="other")
        row.trust_policy["Statement"][0]["Principal"] = {"AWS": role}
        row.save()

        assert api.assume_role(session, other, "y", at=now()).name == "other/y"

    def test_knows_that_it_is_no_user(self, role):
        give_role("builder", statement("codebuild:*", Condition={"Null": {"aws:username": "false"}}))
        session = api.service_session("codebuild", role, "x")

        assert not api.is_allowed(session, "codebuild:StartBuild", PROJECT)

    def test_is_limited_by_its_session_policies(self, role):
        session = api.service_session("codebuild", role, "x")
        limited = type(session)(**{**vars(session), "session_policies": ('{"Statement": "oops"}',)})

        decision = api.authorize(limited, "codecommit:GitPull", "arn:aws:codecommit:us-east-1:1:web")

        assert (decision.effect, decision.kind) == ("explicitDeny", "session")


def give_role(name, document):
    api.ensure_policy(f"{name}-more", document)
    PolicyAttachment.objects.create(
        policy=Policy.objects.get(name=f"{name}-more"), role=Role.objects.get(name=name)
    )
