"""IAM's operations on credentials, tags and the account, as boto3 calls them."""

import csv
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from devopsweb.iam import api, password_policy, service_credentials
from devopsweb.iam.models import AccessKey, CredentialReport, PasswordPolicy, ServiceCredential, User
from devopsweb.kernel.clock import now
from tests.awsapi.local import aws

ACCOUNT = "123456789012"
GOOD, BETTER = "correct horse battery", "Better Horse 1 battery!"
GIT = "codecommit.amazonaws.com"


def refused(code, match=""):
    return pytest.raises(ClientError, match=rf"\({code}\).*{match}")


@pytest.fixture
def ann(iam) -> User:
    iam("CreateUser", UserName="ann")
    return User.objects.get(username="ann")


class TestAccessKeys:
    def test_are_made_listed_switched_and_deleted(self, iam, ann):
        made = iam("CreateAccessKey", UserName="ann")["AccessKey"]
        assert made["AccessKeyId"].startswith("AKIA")
        assert AccessKey.objects.get(pk=made["AccessKeyId"]).secret == made["SecretAccessKey"]

        iam("UpdateAccessKey", UserName="ann", AccessKeyId=made["AccessKeyId"], Status="Inactive")

        listed = iam("ListAccessKeys", UserName="ann")["AccessKeyMetadata"]
        assert [(one["AccessKeyId"], one["Status"]) for one in listed] == [(made["AccessKeyId"], "Inactive")]
        iam("DeleteAccessKey", UserName="ann", AccessKeyId=made["AccessKeyId"])
        assert iam("ListAccessKeys", UserName="ann")["AccessKeyMetadata"] == []

    def test_are_two_at_most(self, iam, ann):
        iam("CreateAccessKey", UserName="ann")
        iam("CreateAccessKey", UserName="ann")
        with refused("LimitExceeded", "AccessKeysPerUser: 2"):
            iam("CreateAccessKey", UserName="ann")

    def test_of_somebody_else_are_not_found(self, iam, ann, owner):
        with refused("NoSuchEntity", "The Access Key with id"):
            iam("DeleteAccessKey", UserName="ann", AccessKeyId=owner.access_keys.get().pk)

    def test_tell_their_last_use(self, iam, owner, ann):
        unused = iam("CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
        AccessKey.objects.filter(user=owner).update(
            last_used_at=now(), last_used_service="iam", last_used_region="us-east-1"
        )

        found = iam("GetAccessKeyLastUsed", AccessKeyId=owner.access_keys.get().pk)
        never = iam("GetAccessKeyLastUsed", AccessKeyId=unused)["AccessKeyLastUsed"]

        assert found["UserName"] == "owner"
        assert found["AccessKeyLastUsed"]["ServiceName"] == "iam"
        assert never == {"ServiceName": "N/A", "Region": "N/A"}

    def test_that_are_unknown_are_not_told_to_whoever_may_not_ask(self, outsider):
        with refused("AccessDenied"):
            aws(outsider)("iam", "GetAccessKeyLastUsed", AccessKeyId="AKIAEXAMPLEEXAMPLE23")


class TestLoginProfiles:
    def test_let_a_user_sign_in(self, iam, ann, client):
        with refused("NoSuchEntity", "Login Profile for User ann cannot be found"):
            iam("GetLoginProfile", UserName="ann")

        iam("CreateLoginProfile", UserName="ann", Password=GOOD, PasswordResetRequired=True)

        assert iam("GetLoginProfile", UserName="ann")["LoginProfile"]["PasswordResetRequired"]
        assert User.objects.get(username="ann").check_password(GOOD)
        with refused("EntityAlreadyExists", "Login Profile for user ann already exists"):
            iam("CreateLoginProfile", UserName="ann", Password=GOOD)
        iam("UpdateLoginProfile", UserName="ann", Password=BETTER, PasswordResetRequired=False)
        assert not iam("GetLoginProfile", UserName="ann")["LoginProfile"]["PasswordResetRequired"]
        assert api.authenticate_basic("ann", BETTER)
        iam("DeleteLoginProfile", UserName="ann")
        assert api.authenticate_basic("ann", BETTER) is None

    def test_keep_the_rules_of_passwords(self, iam, ann):
        with refused("PasswordPolicyViolation", "at least 10 characters"):
            iam("CreateLoginProfile", UserName="ann", Password="short")

    def test_end_the_sessions_of_the_old_password(self, iam, ann, client_of):
        iam("CreateLoginProfile", UserName="ann", Password=GOOD)
        browser = client_of(User.objects.get(username="ann"))
        assert browser.get("/settings/").status_code == 200

        iam("UpdateLoginProfile", UserName="ann", Password=BETTER)

        assert browser.get("/settings/").status_code == 302


class TestChangePassword:
    def test_needs_the_permission_and_the_old_password(self, iam, outsider):
        call = aws(outsider)
        with refused("AccessDenied", "iam:ChangePassword"):
            call("iam", "ChangePassword", OldPassword=GOOD, NewPassword=BETTER)

        iam("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
        with refused("InvalidInput", "old password"):
            call("iam", "ChangePassword", OldPassword="wrong", NewPassword=BETTER)
        call("iam", "ChangePassword", OldPassword=GOOD, NewPassword=BETTER)

        assert User.objects.get(username="outsider").check_password(BETTER)


class TestThePasswordPolicy:
    def test_is_the_products_own_until_somebody_sets_one(self, iam):
        with refused("NoSuchEntity", f"The Password Policy with domain name {ACCOUNT} cannot be found"):
            iam("GetAccountPasswordPolicy")

    def test_is_set_read_and_deleted(self, iam):
        iam("UpdateAccountPasswordPolicy", MinimumPasswordLength=12, RequireNumbers=True, MaxPasswordAge=90)

        found = iam("GetAccountPasswordPolicy")["PasswordPolicy"]
        assert (found["MinimumPasswordLength"], found["RequireNumbers"], found["RequireSymbols"]) == (
            12,
            True,
            False,
        )
        assert (found["ExpirePasswords"], found["MaxPasswordAge"]) == (True, 90)
        assert "PasswordReusePrevention" not in found
        iam("UpdateAccountPasswordPolicy")
        assert iam("GetAccountPasswordPolicy")["PasswordPolicy"]["MinimumPasswordLength"] == 6
        iam("DeleteAccountPasswordPolicy")
        assert not PasswordPolicy.objects.exists()

    @pytest.mark.parametrize(
        ("rule", "password", "broken"),
        [
            ({"MinimumPasswordLength": 12}, "Short1!", "minimum length of 12"),
            ({"RequireSymbols": True}, "NoSymbols1", "at least one symbol"),
            ({"RequireNumbers": True}, "NoNumbers!", "at least one number"),
            ({"RequireUppercaseCharacters": True}, "lower1!", "at least one uppercase letter"),
            ({"RequireLowercaseCharacters": True}, "UPPER1!", "at least one lowercase letter"),
        ],
    )
    def test_holds_wherever_a_password_is_set(self, iam, ann, client_of, owner, rule, password, broken):
        iam("UpdateAccountPasswordPolicy", **rule)

        with refused("PasswordPolicyViolation", broken):
            iam("CreateLoginProfile", UserName="ann", Password=password)
        page = client_of(owner).post("/access/users/ann/password/", {"password": password})
        assert broken in page.content.decode()

    def test_keeps_the_last_passwords_from_coming_back(self, iam, ann):
        iam("UpdateAccountPasswordPolicy", PasswordReusePrevention=2)
        iam("CreateLoginProfile", UserName="ann", Password="first1")
        iam("UpdateLoginProfile", UserName="ann", Password="second")
        for old in ("first1", "second"):
            with refused("PasswordPolicyViolation", "last 2 passwords"):
                iam("UpdateLoginProfile", UserName="ann", Password=old)

        iam("UpdateLoginProfile", UserName="ann", Password="third1")
        iam("UpdateLoginProfile", UserName="ann", Password="first1")

    def test_lets_passwords_grow_old(self, iam, owner):
        iam("UpdateAccountPasswordPolicy", MaxPasswordAge=30, HardExpiry=True)
        owner.refresh_from_db()

        assert not password_policy.must_change(owner, at=now() + timedelta(days=29))
        assert password_policy.must_change(owner, at=now() + timedelta(days=30))
        assert password_policy.is_locked(owner, at=now() + timedelta(days=30))


class TestServiceCredentials:
    def test_open_git_and_nothing_else(self, iam, ann):
        made = iam("CreateServiceSpecificCredential", UserName="ann", ServiceName=GIT)[
            "ServiceSpecificCredential"
        ]
        name, password = made["ServiceUserName"], made["ServicePassword"]

        assert name == f"ann-at-{ACCOUNT}"
        assert ServiceCredential.objects.get().digest not in password
        assert service_credentials.verify(name, password, service=GIT, at=now()) == ann
        assert service_credentials.verify(name, password + "x", service=GIT, at=now()) is None
        assert service_credentials.verify(name, password, service="cassandra.amazonaws.com", at=now()) is None
        assert service_credentials.verify("nobody", password, service=GIT, at=now()) is None
        assert ServiceCredential.objects.get().last_used_at

    def test_are_reset_switched_and_deleted(self, iam, ann):
        made = iam("CreateServiceSpecificCredential", UserName="ann", ServiceName=GIT)[
            "ServiceSpecificCredential"
        ]
        named = {"UserName": "ann", "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}

        def opens(password):
            return bool(service_credentials.verify(made["ServiceUserName"], password, service=GIT, at=now()))

        again = iam("ResetServiceSpecificCredential", **named)["ServiceSpecificCredential"]["ServicePassword"]
        assert (opens(made["ServicePassword"]), opens(again)) == (False, True)
        iam("UpdateServiceSpecificCredential", **named, Status="Inactive")
        assert not opens(again)
        listed = iam("ListServiceSpecificCredentials", UserName="ann", ServiceName=GIT)
        assert [one["Status"] for one in listed["ServiceSpecificCredentials"]] == ["Inactive"]
        assert iam("ListServiceSpecificCredentials", AllUsers=True)["ServiceSpecificCredentials"]
        iam("DeleteServiceSpecificCredential", **named)
        with refused("NoSuchEntity", "No such credential"):
            iam("ResetServiceSpecificCredential", **named)

    def test_end_with_the_account(self, iam, ann):
        made = iam("CreateServiceSpecificCredential", UserName="ann", ServiceName=GIT)[
            "ServiceSpecificCredential"
        ]
        User.objects.filter(pk=ann.pk).update(is_active=False)

        name, password = made["ServiceUserName"], made["ServicePassword"]
        assert service_credentials.verify(name, password, service=GIT, at=now()) is None

    def test_are_two_for_a_service_that_has_them(self, iam, ann):
        names = [
            iam("CreateServiceSpecificCredential", UserName="ann", ServiceName=GIT)["ServiceSpecificCredential"]
            ["ServiceUserName"]
            for _ in range(2)
        ]  # fmt: skip
        assert names == [f"ann-at-{ACCOUNT}", f"ann-at-{ACCOUNT}+1"]
        with refused("LimitExceeded"):
            iam("CreateServiceSpecificCredential", UserName="ann", ServiceName=GIT)
        with refused("NotSupportedService"):
            iam("CreateServiceSpecificCredential", UserName="ann", ServiceName="cassandra.amazonaws.com")


class TestTags:
    @pytest.fixture(params=["User", "Role", "Policy"])
    def named(self, request, iam):
        trust = {"Effect": "Allow", "Principal": {"Service": GIT}, "Action": "sts:AssumeRole"}
        document = {"Effect": "Allow", "Action": "a:B", "Resource": "*"}
        more = {
            "User": {},
            "Role": {"AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [trust]})},
            "Policy": {"PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [document]})},
        }
        made = iam(f"Create{request.param}", **{f"{request.param}Name": "x"}, **more[request.param])
        arn = made[request.param]["Arn"]
        return request.param, {"PolicyArn": arn} if request.param == "Policy" else {
            f"{request.param}Name": "x"
        }

    def test_are_added_replaced_listed_and_removed(self, iam, named):
        noun, who = named
        iam(f"Tag{noun}", **who, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "cost", "Value": "1"}])
        iam(f"Tag{noun}", **who, Tags=[{"Key": "team", "Value": "b"}])

        assert iam(f"List{noun}Tags", **who)["Tags"] == [
            {"Key": "cost", "Value": "1"},
            {"Key": "team", "Value": "b"},
        ]
        first = iam(f"List{noun}Tags", **who, MaxItems=1)
        rest = iam(f"List{noun}Tags", **who, MaxItems=1, Marker=first["Marker"])
        assert [one["Key"] for one in first["Tags"] + rest["Tags"]] == ["cost", "team"]
        iam(f"Untag{noun}", **who, TagKeys=["TEAM", "other"])
        assert [one["Key"] for one in iam(f"List{noun}Tags", **who)["Tags"]] == ["cost"]

    def test_are_fifty_at_most_and_told_apart_without_case(self, iam, ann):
        tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
        iam("TagUser", UserName="ann", Tags=tags)
        with refused("LimitExceeded", "50"):
            iam("TagUser", UserName="ann", Tags=[{"Key": "one-more", "Value": "v"}])
        with refused("InvalidInput", "case insensitive"):
            iam("TagUser", UserName="ann", Tags=[{"Key": "a", "Value": "v"}, {"Key": "A", "Value": "v"}])

    def test_are_condition_keys_of_their_user(self, iam, ann):
        iam("TagUser", UserName="ann", Tags=[{"Key": "team", "Value": "web"}])
        condition = {"StringEquals": {"aws:PrincipalTag/team": "web"}}
        document = {
            "Effect": "Allow",
            "Action": "codebuild:GetBuild",
            "Resource": "*",
            "Condition": condition,
        }
        iam(
            "PutUserPolicy", UserName="ann", PolicyName="p",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [document]}),
        )  # fmt: skip

        assert api.is_allowed(api.principal_of(ann), "codebuild:GetBuild", "*")
        iam("UntagUser", UserName="ann", TagKeys=["team"])
        assert not api.is_allowed(api.principal_of(ann), "codebuild:GetBuild", "*")


class TestTheAccount:
    def test_has_one_alias(self, iam):
        iam("CreateAccountAlias", AccountAlias="first")
        iam("CreateAccountAlias", AccountAlias="second")

        assert iam("ListAccountAliases")["AccountAliases"] == ["second"]
        iam("DeleteAccountAlias", AccountAlias="second")
        with refused("NoSuchEntity"):
            iam("DeleteAccountAlias", AccountAlias="second")

    def test_counts_what_it_has(self, iam, ann):
        found = iam("GetAccountSummary")["SummaryMap"]

        assert (found["Users"], found["Policies"], found["VersionsPerPolicyQuota"]) == (2, 1, 5)

    def test_shows_everything_about_who_may_do_what(self, iam, ann):
        api.ensure_group("g", policies=["AWSCodeCommitReadOnly"])
        iam("AddUserToGroup", GroupName="g", UserName="ann")

        pages = [iam("GetAccountAuthorizationDetails", MaxItems=2)]
        while pages[-1]["IsTruncated"]:
            pages.append(iam("GetAccountAuthorizationDetails", MaxItems=2, Marker=pages[-1]["Marker"]))
        users = [one for page in pages for one in page["UserDetailList"]]
        groups = [one for page in pages for one in page["GroupDetailList"]]
        policies = [one for page in pages for one in page["Policies"]]

        assert [(one["UserName"], one["GroupList"]) for one in users] == [("owner", []), ("ann", ["g"])]
        assert [one["PolicyName"] for one in groups[0]["AttachedManagedPolicies"]] == [
            "AWSCodeCommitReadOnly"
        ]
        assert len({one["Arn"] for one in policies}) == len(policies) > 30
        document = next(one for one in policies if one["PolicyName"] == "owner-policy")["PolicyVersionList"]
        assert document == []
        only = iam("GetAccountAuthorizationDetails", Filter=["Group"])
        assert [len(only[name]) for name in ("UserDetailList", "GroupDetailList", "Policies")] == [0, 1, 0]

    def test_shows_the_documents_encoded(self, iam, ann):
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
        }
        iam("PutUserPolicy", UserName="ann", PolicyName="own", PolicyDocument=json.dumps(document))

        users = iam("GetAccountAuthorizationDetails", Filter=["User"])["UserDetailList"]
        given = next(one for one in users if one["UserName"] == "ann")["UserPolicyList"][0]["PolicyDocument"]

        assert (given if isinstance(given, dict) else json.loads(unquote(given))) == document

    def test_costs_the_same_however_many_users_there_are(self, iam, django_assert_max_num_queries):
        for number in range(12):
            api.ensure_user(f"user-{number}")

        with django_assert_max_num_queries(25):
            found = iam("GetAccountAuthorizationDetails")
        assert len(found["UserDetailList"]) == 13


class TestTheCredentialReport:
    def test_lists_every_users_credentials(self, iam, ann):
        with refused("ReportNotPresent"):
            iam("GetCredentialReport")

        assert iam("GenerateCredentialReport")["State"] == "STARTED"
        assert iam("GenerateCredentialReport")["State"] == "COMPLETE"
        report = iam("GetCredentialReport")

        rows = {row["user"]: row for row in csv.DictReader(report["Content"].decode().splitlines())}
        assert (rows["ann"]["password_enabled"], rows["owner"]["password_enabled"]) == ("false", "true")
        assert (rows["ann"]["access_key_1_active"], rows["owner"]["access_key_1_active"]) == ("false", "true")
        assert report["ReportFormat"] == "text/csv"

    def test_is_made_anew_after_four_hours(self, iam, ann):
        iam("GenerateCredentialReport")
        CredentialReport.objects.update(generated_at=datetime.now(UTC) - timedelta(hours=5))

        assert iam("GenerateCredentialReport")["State"] == "STARTED"
