"""What is behind IAM's operations: grants with inline policies and boundaries, built-in policies, verbs."""

import threading

import pytest
from django.db import close_old_connections, connection

from devopsweb.events.models import Event
from devopsweb.iam import api, builtin, directory
from devopsweb.iam.actions import boundaries, ensure, inline, policies, roles, tags, users
from devopsweb.iam.engine.policy import LONGEST, parse, size
from devopsweb.iam.errors import DeleteConflict, EntityAlreadyExists, LimitExceeded
from devopsweb.iam.models import Policy, PolicyVersion, Role, User, UserGroup
from devopsweb.kernel.clock import now
from devopsweb.kernel.errors import Invalid
from devopsweb.kernel.principals import Principal
from tests.iam.documents import READ, TRUST

PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:storefront"


def group_with(name: str, policy: str) -> UserGroup:
    api.ensure_group(name, policies=[policy])
    return UserGroup.objects.get(name=name)


class TestGrants:
    def test_name_the_source_of_each_policy(self, outsider):
        api.ensure_policy("managed", READ)
        group = group_with("g", "managed")
        outsider.iam_groups.add(group)
        policies.attach(policy=Policy.objects.get(name="managed"), to=outsider, by=None, at=now())
        inline.put(target=outsider, name="own", document=READ, by=None, at=now())
        inline.put(target=group, name="shared", document=READ, by=None, at=now())

        found = directory.grants(outsider.pk)

        assert [(one.name, one.via) for one in found.policies] == [
            ("managed", "the user"), ("own", "the user"), ("managed", "group g"), ("shared", "group g"),
        ]  # fmt: skip

    def test_of_a_role_have_all_of_it(self, db):
        api.ensure_policy("limit", READ)
        role = roles.create(name="r", trust_policy=TRUST, tags={"team": "web"}, by=None, at=now())
        inline.put(target=role, name="own", document=READ, by=None, at=now())
        boundaries.put(target=role, policy=Policy.objects.get(name="limit"), by=None, at=now())

        found = directory.role_grants(role.pk)

        assert [(one.name, one.via) for one in found.policies] == [("own", "the role")]
        assert found.boundary.name == "limit"
        assert found.tags == {"team": "web"}

    def test_cost_the_same_however_many_policies_there_are(self, outsider, django_assert_num_queries):
        for number in range(8):
            inline.put(target=outsider, name=f"p{number}", document=_small(number), by=None, at=now())
            group = group_with(f"g{number}", "AWSCodeCommitReadOnly")
            outsider.iam_groups.add(group)
        directory.forget()

        with django_assert_num_queries(5):
            assert len(directory.grants(outsider.pk).policies) == 16

    def test_change_at_once(self, outsider):
        principal = api.principal_of(outsider)
        assert not api.is_allowed(principal, "codebuild:GetBuild", "*")
        inline.put(target=outsider, name="own", document=READ, by=None, at=now())
        assert api.is_allowed(principal, "codebuild:GetBuild", "*")
        inline.delete(target=outsider, name="own", by=None, at=now())
        assert not api.is_allowed(principal, "codebuild:GetBuild", "*")

    def test_forget_nothing_when_a_role_is_used(self, db, django_assert_num_queries):
        role = Role.objects.create(name="r", trust_policy=TRUST)
        directory.role_grants(role.pk)
        role.last_used_at = now()
        role.save(update_fields=["last_used_at"])

        with django_assert_num_queries(1):
            directory.role_grants(role.pk)


def _small(number: int) -> dict:
    return {"Statement": {"Effect": "Allow", "Action": f"codebuild:Get{number}", "Resource": "*"}}


class TestVersions:
    def test_that_are_written_at_the_same_time_all_count(self, transactional_db):
        api.ensure_policy("p", READ)
        failures = []

        def write() -> None:
            close_old_connections()
            try:
                policies.update(policy=Policy.objects.get(name="p"), document=READ, by=None, at=now())
            except LimitExceeded as error:
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        policy = Policy.objects.get(name="p")
        assert (policy.versions.count(), policy.version, len(failures)) == (5, 5, 2)

    def test_of_a_wording_that_follows_the_product_make_room(self, db):
        for number in range(7):
            api.ensure_policy("p", _small(number))

        policy = Policy.objects.get(name="p")
        assert policy.document == _small(6)
        assert sorted(one.number for one in policy.versions.all()) == [3, 4, 5, 6, 7]


class TestNames:
    @pytest.mark.parametrize("kind", ["user", "group", "role", "policy"])
    def test_are_unique_without_case(self, db, kind):
        make = {
            "user": lambda name: users.create(name=name, password=None, by=None, at=now()),
            "group": lambda name: api.ensure_group(name) and None,
            "role": lambda name: roles.create(name=name, trust_policy=TRUST, by=None, at=now()),
            "policy": lambda name: policies.create(name=name, document=READ, by=None, at=now()),
        }[kind]
        make("Thing")
        if kind == "group":
            make("THING")
            assert UserGroup.objects.count() == 1
            return
        with pytest.raises(EntityAlreadyExists):
            make("THING")

    @pytest.mark.parametrize("path", ["x", "/x", "x/", "/a b/", "//" * 300])
    def test_have_paths_that_begin_and_end_with_a_slash(self, db, path):
        with pytest.raises(Invalid):
            users.create(name="ann", password=None, path=path, by=None, at=now())


class TestNews:
    def test_tell_who_did_what_to_whom(self, owner, outsider):
        by = api.principal_of(owner)

        tags.add(thing=outsider, new={"a": "b"}, by=by, at=now())

        event = Event.objects.filter(detail__fields__event_name="TagUser").get()
        assert event.principal_arn == owner.arn
        assert outsider.arn in event.detail["fields"]["arns"]


class TestUniqueIds:
    def test_look_like_awss_and_outlive_a_name(self, db):
        first = users.create(name="ann", password=None, by=None, at=now())
        users.delete(user=first, by=None, at=now())
        second = users.create(name="ann", password=None, by=None, at=now())

        assert first.unique_id != second.unique_id
        assert {len(one.unique_id) for one in (first, second)} == {21}
        prefixes = [UserGroup().unique_id[:4], Role().unique_id[:4], Policy().unique_id[:4]]
        assert prefixes == ["AGPA", "AROA", "ANPA"]


class TestBuiltInPolicies:
    @pytest.mark.parametrize("name", sorted(builtin.POLICIES))
    def test_keep_iams_grammar_and_size(self, name):
        one = builtin.POLICIES[name]

        parse(one.document)
        assert size(one.document) <= LONGEST
        assert one.description.endswith(".")

    def test_are_brought_to_the_present_wording_as_new_versions(self, db):
        ensure.builtin_policies(at=now())
        policy = Policy.objects.get(name="IAMFullAccess")
        wanted = policy.document
        policy.document = READ
        policy.save()

        ensure.builtin_policies(at=now())
        ensure.builtin_policies(at=now())

        policy.refresh_from_db()
        assert (policy.document, policy.version) == (wanted, 2)
        assert PolicyVersion.objects.filter(policy=policy).count() == 2

    def test_leave_a_policy_of_ones_own_alone(self, db):
        policies.create(name="iamfullaccess", document=READ, by=None, at=now())

        ensure.builtin_policies(at=now())

        assert Policy.objects.get(name__iexact="IAMFullAccess").document == READ

    def test_cost_a_few_queries(self, db, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            ensure.builtin_policies(at=now())

    @pytest.mark.parametrize(
        ("name", "action", "resource", "allowed"),
        [
            ("AWSCodeCommitPowerUser", "codecommit:GitPush", "*", True),
            ("AWSCodeCommitPowerUser", "codecommit:DeleteRepository", "*", False),
            ("AWSCodeCommitPowerUser", "codecommit:CreatePullRequest", "*", True),
            ("AWSCodeCommitFullAccess", "codecommit:DeleteRepository", "*", True),
            ("AWSCodeCommitReadOnly", "codecommit:GitPull", "*", True),
            ("AWSCodeCommitReadOnly", "codecommit:GitPush", "*", False),
            ("AWSCodeBuildDeveloperAccess", "codebuild:StartBuild", "*", True),
            ("AWSCodeBuildDeveloperAccess", "codebuild:DeleteProject", "*", False),
            ("AWSCodeBuildDeveloperAccess", "codebuild:CreateProject", "*", False),
            ("AWSCodeBuildAdminAccess", "codebuild:DeleteProject", "*", True),
            ("AWSCodeBuildReadOnlyAccess", "codebuild:StartBuild", "*", False),
            ("AWSCodePipelineApproverAccess", "codepipeline:PutApprovalResult", PIPELINE, True),
            ("AWSCodePipelineApproverAccess", "codepipeline:StartPipelineExecution", PIPELINE, False),
            ("AWSCodePipelineCustomActionAccess", "codepipeline:PollForJobs", "*", True),
            ("AWSCodePipeline_ReadOnlyAccess", "codepipeline:GetPipeline", PIPELINE, True),
            ("AWSCodePipeline_ReadOnlyAccess", "codepipeline:UpdatePipeline", PIPELINE, False),
            ("AWSCodeDeployDeployerAccess", "codedeploy:CreateDeployment", "*", True),
            ("AWSCodeDeployDeployerAccess", "codedeploy:DeleteApplication", "*", False),
            ("CloudWatchLogsReadOnlyAccess", "logs:FilterLogEvents", "*", True),
            ("CloudWatchLogsReadOnlyAccess", "logs:PutLogEvents", "*", False),
            ("IAMReadOnlyAccess", "iam:GetUser", "*", True),
            ("IAMReadOnlyAccess", "iam:CreateUser", "*", False),
            ("IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::123456789012:user/outsider", True),
            ("IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::123456789012:user/owner", False),
            ("PowerUserAccess", "codedeploy:DeleteApplication", "*", True),
            ("PowerUserAccess", "iam:CreateUser", "*", False),
            ("PowerUserAccess", "sts:AssumeRole", "*", False),
            ("SecurityAudit", "secretsmanager:DescribeSecret", "*", True),
            ("SecurityAudit", "secretsmanager:GetSecretValue", "*", False),
            ("SecurityAudit", "ssm:GetParameter", "*", False),
            ("ViewOnlyAccess", "codecommit:GitPull", "*", False),
            ("ReadOnlyAccess", "secretsmanager:GetSecretValue", "*", False),
        ],
    )
    def test_allow_what_they_are_for(self, outsider, name, action, resource, allowed):
        group = group_with("g", name)
        outsider.iam_groups.add(group)

        assert api.is_allowed(api.principal_of(outsider), action, resource) is allowed

    def test_let_service_roles_be_given_to_their_own_service_alone(self, outsider):
        outsider.iam_groups.add(group_with("g", "AWSCodePipeline_FullAccess"))
        principal: Principal = api.principal_of(outsider)
        own = "arn:aws:iam::123456789012:role/service-role/DevOpsWebPipelineRole"
        other = "arn:aws:iam::123456789012:role/admin"

        def may(arn: str, service: str) -> bool:
            return api.is_allowed(principal, "iam:PassRole", arn, {"iam:PassedToService": service})

        assert may(own, "codepipeline.amazonaws.com")
        assert not may(own, "codebuild.amazonaws.com")
        assert not may(other, "codepipeline.amazonaws.com")


class TestRemoving:
    def test_the_boundary_policy_of_somebody_is_refused(self, outsider):
        api.ensure_policy("limit", READ)
        policy = Policy.objects.get(name="limit")
        boundaries.put(target=outsider, policy=policy, by=None, at=now())

        with pytest.raises(DeleteConflict, match="attached to 1 identity"):
            policies.delete(policy=policy, by=None, at=now())

    def test_a_user_takes_everything_along_when_asked_to(self, outsider):
        inline.put(target=outsider, name="own", document=READ, by=None, at=now())

        users.delete_with_belongings(user=outsider, by=None, at=now())

        assert not User.objects.filter(username="outsider").exists()
