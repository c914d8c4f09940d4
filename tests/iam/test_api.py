"""The front door of identity."""

import pytest

from devopsweb.events.models import Event
from devopsweb.iam import api, directory
from devopsweb.iam.models import AccessKey, Policy, PolicyAttachment, User, UserGroup
from devopsweb.kernel.clock import now

ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
PIPELINE = "arn:aws:codepipeline:us-east-1:123456789012:storefront"


def statement(action, resource="*", effect="Allow", **more):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}],
    }


class TestAuthorize:
    def test_allows_the_owner(self, owner):
        assert api.is_allowed(api.principal_of(owner), "codebuild:StartBuild", "*")

    def test_names_the_policy_that_allowed(self, teammate):
        decision = api.authorize(api.principal_of(teammate), "codebuild:GetBuild", "*")

        assert (decision.effect, decision.policy, decision.statement) == (
            "allowed",
            "teammate-policy",
            "Read",
        )

    def test_refuses_the_outsider_and_says_why(self, outsider):
        with pytest.raises(
            api.AccessDenied, match="no identity-based policy allows the codebuild:StartBuild"
        ):
            api.require(api.principal_of(outsider), "codebuild:StartBuild", "*")

    def test_lets_a_deny_win_over_an_allow(self, owner):
        api.ensure_policy("no-push", statement("codecommit:GitPush", effect="Deny"))
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="no-push"), user=owner)

        decision = api.authorize(api.principal_of(owner), "codecommit:GitPush", "*")

        assert (decision.effect, decision.policy) == ("explicitDeny", "no-push")

    def test_counts_the_policies_of_groups(self, outsider):
        api.ensure_policy("read", statement("codebuild:Get*"))
        api.ensure_group("readers", policies=["read"])
        api.ensure_user("outsider", groups=["readers"])

        decision = api.authorize(api.principal_of(outsider), "codebuild:GetBuild", "*")

        assert decision.via == "group readers"

    def test_knows_who_asks(self, outsider):
        own = "arn:aws:iam::*:user/${aws:username}"
        api.ensure_policy("own", statement("iam:ChangePassword", own))
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="own"), user=outsider)
        principal = api.principal_of(outsider)

        assert api.is_allowed(principal, "iam:ChangePassword", "arn:aws:iam::1:user/outsider")
        assert not api.is_allowed(principal, "iam:ChangePassword", "arn:aws:iam::1:user/owner")

    def test_sees_the_context_of_the_request(self, outsider):
        branch = {"StringEquals": {"codecommit:References": "refs/heads/main"}}
        api.ensure_policy("main", statement("codecommit:GitPush", Condition=branch))
        PolicyAttachment.objects.create(policy=Policy.objects.get(name="main"), user=outsider)
        principal = api.principal_of(outsider)

        assert api.is_allowed(
            principal, "codecommit:GitPush", "*", {"codecommit:References": ["refs/heads/main"]}
        )
        assert not api.is_allowed(
            principal, "codecommit:GitPush", "*", {"codecommit:References": "refs/heads/x"}
        )
        assert not api.is_allowed(principal, "codecommit:GitPush", "*")

    def test_gives_services_no_rights_of_their_own(self, db):
        assert not api.is_allowed(api.service_principal("codepipeline"), "codebuild:StartBuild", "*")
        assert api.is_allowed(api.service_principal("sample"), "codebuild:CreateProject", "*")

    def test_ends_with_the_account(self, owner):
        principal = api.principal_of(owner)
        owner.is_active = False
        owner.save()

        assert not api.is_allowed(principal, "codebuild:StartBuild", "*")
        assert api.principal_of(owner) is None

    def test_denies_everything_under_a_policy_that_cannot_be_read(self, owner):
        broken = Policy.objects.create(name="broken", document={"Statement": "oops"})
        PolicyAttachment.objects.create(policy=broken, user=owner)

        assert api.authorize(api.principal_of(owner), "codebuild:GetBuild", "*").effect == "explicitDeny"


class TestFreshness:
    def test_a_change_holds_at_once(self, outsider):
        principal = api.principal_of(outsider)
        assert not api.is_allowed(principal, "codebuild:GetBuild", "*")

        policy = Policy.objects.create(name="p", document=ALL)
        attachment = PolicyAttachment.objects.create(policy=policy, user=outsider)
        assert api.is_allowed(principal, "codebuild:GetBuild", "*")

        policy.document = statement("codecommit:GitPull")
        policy.save()
        assert not api.is_allowed(principal, "codebuild:GetBuild", "*")
        assert api.is_allowed(principal, "codecommit:GitPull", "*")

        attachment.delete()
        assert not api.is_allowed(principal, "codecommit:GitPull", "*")

    def test_joining_and_leaving_a_group_holds_at_once(self, outsider):
        api.ensure_policy("p", ALL)
        api.ensure_group("g", policies=["p"])
        group = UserGroup.objects.get(name="g")
        principal = api.principal_of(outsider)

        outsider.iam_groups.add(group)
        assert api.is_allowed(principal, "codebuild:GetBuild", "*")
        outsider.iam_groups.remove(group)
        assert not api.is_allowed(principal, "codebuild:GetBuild", "*")

    def test_a_change_within_a_request_holds_in_that_request(self, outsider):
        principal = api.principal_of(outsider)
        with directory.one_request():
            assert not api.is_allowed(principal, "codebuild:GetBuild", "*")
            PolicyAttachment.objects.create(
                policy=Policy.objects.create(name="p", document=ALL), user=outsider
            )

            assert api.is_allowed(principal, "codebuild:GetBuild", "*")

    def test_all_questions_of_a_request_cost_one_query(self, owner, django_assert_num_queries):
        principal = api.principal_of(owner)
        api.is_allowed(principal, "codebuild:GetBuild", "*")

        with directory.one_request(), django_assert_num_queries(1):
            for number in range(50):
                api.is_allowed(principal, "codebuild:GetBuild", f"arn:aws:codebuild:r:a:project/{number}")

    def test_signing_in_forgets_nothing(self, owner, client_of, django_assert_num_queries):
        principal = api.principal_of(owner)
        api.is_allowed(principal, "codebuild:GetBuild", "*")
        client_of(owner)

        with django_assert_num_queries(1):
            api.is_allowed(principal, "codebuild:GetBuild", "*")


class TestUsersAllowed:
    def test_names_all_who_may(self, owner, teammate, outsider):
        User.objects.create_superuser("root", password="x")
        User.objects.create_superuser("gone", password="x", is_active=False)

        assert api.users_allowed("codepipeline:PutApprovalResult", PIPELINE) == ["owner", "root"]
        assert api.users_allowed("codepipeline:GetPipeline", PIPELINE) == ["owner", "root", "teammate"]

    def test_costs_the_same_however_many_users_there_are(self, owner, django_assert_max_num_queries):
        api.ensure_policy("p", ALL)
        api.ensure_group("g", policies=["p"])
        for number in range(20):
            api.ensure_user(f"user-{number}", groups=["g"])

        with django_assert_max_num_queries(5):
            assert len(api.users_allowed("codebuild:GetBuild", "*")) == 21


@pytest.mark.django_db
class TestEnsure:
    def test_makes_everything_once(self):
        for _ in range(2):
            api.ensure_policy("p", ALL)
            api.ensure_group("g", policies=["p", "ReadOnlyAccess"])
            principal = api.ensure_user("ann", password="correct horse battery", groups=["g"])

        assert api.is_allowed(principal, "codebuild:StartBuild", "*")
        assert User.objects.count() == UserGroup.objects.count() == 1
        assert PolicyAttachment.objects.count() == 2
        assert Event.objects.filter(detail__fields__event_name="CreateUser").count() == 1

    def test_keeps_the_password_that_the_user_chose(self):
        api.ensure_user("ann", password="correct horse battery")
        user = User.objects.get(username="ann")
        user.set_password("chosen later on")
        user.save()

        api.ensure_user("ann", password="correct horse battery")

        assert User.objects.get(username="ann").check_password("chosen later on")

    def test_brings_a_policy_to_the_given_wording(self):
        api.ensure_policy("p", ALL)
        api.ensure_policy("p", statement("codebuild:Get*"))

        assert Policy.objects.get(name="p").document == statement("codebuild:Get*")

    def test_refuses_a_malformed_policy(self):
        with pytest.raises(
            api.MalformedPolicyDocument, match=r"Statement\[0\]\.Effect: Invalid effect: Maybe"
        ):
            api.ensure_policy("p", statement("codebuild:Get*", effect="Maybe"))

    def test_refuses_an_unknown_policy(self):
        with pytest.raises(api.NoSuchEntity, match="no policy nowhere"):
            api.ensure_group("g", policies=["nowhere"])


@pytest.mark.django_db
class TestBootstrap:
    def test_generates_what_is_not_given_and_only_once(self):
        made = api.bootstrap_admin(password="", access_key_id="", secret="", at=now())
        again = api.bootstrap_admin(password="", access_key_id="", secret="", at=now())

        assert set(made) == {"password", "access_key_id", "secret_access_key"}
        assert again == {}
        admin = User.objects.get(username="admin")
        assert admin.check_password(made["password"])
        assert admin.is_superuser
        assert AccessKey.objects.get().secret == made["secret_access_key"]
        assert made["secret_access_key"] not in AccessKey.objects.get().sealed_secret

    def test_takes_what_is_given(self):
        given = {
            "password": "correct horse battery",
            "access_key_id": "AKIAEXAMPLEEXAMPLE23",
            "secret": "s" * 40,
        }

        assert api.bootstrap_admin(**given, at=now()) == {}
        assert api.bootstrap_admin(**given, at=now()) == {}

        key = AccessKey.objects.get()
        assert (key.pk, key.secret) == ("AKIAEXAMPLEEXAMPLE23", "s" * 40)

    def test_changes_the_password_when_another_one_is_given(self):
        api.bootstrap_admin(password="correct horse battery", access_key_id="", secret="", at=now())
        api.bootstrap_admin(password="another horse entirely", access_key_id="", secret="", at=now())

        assert User.objects.get(username="admin").check_password("another horse entirely")

    def test_brings_the_built_in_policies(self):
        api.bootstrap_admin(password="", access_key_id="", secret="", at=now())

        assert set(Policy.objects.filter(builtin=True).values_list("name", flat=True)) >= {
            "AdministratorAccess", "ReadOnlyAccess", "DeveloperAccess", "ReleaseManagerAccess",
        }  # fmt: skip


@pytest.mark.django_db
class TestBuiltinPolicies:
    def test_separate_pushing_from_approving(self):
        api.ensure_group("developers", policies=["DeveloperAccess"])
        api.ensure_group("releasers", policies=["ReleaseManagerAccess"])
        dev = api.ensure_user("dev", groups=["developers"])
        release = api.ensure_user("release", groups=["releasers"])
        action = f"{PIPELINE}/Production/approve"

        assert api.is_allowed(dev, "codecommit:GitPush", "*")
        assert not api.is_allowed(dev, "codepipeline:PutApprovalResult", action)
        assert not api.is_allowed(dev, "codedeploy:CreateDeployment", "*")
        assert not api.is_allowed(release, "codecommit:GitPush", "*")
        assert api.is_allowed(release, "codepipeline:PutApprovalResult", action)
        assert api.is_allowed(dev, "iam:ChangePassword", dev.arn)
        assert not api.is_allowed(dev, "iam:ChangePassword", release.arn)
        assert not api.is_allowed(dev, "iam:CreateUser", "*")
