"""Secrets Manager as boto3 sees it, through the door."""

import json
import string
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.events.models import Event
from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.kernel import clock
from devopsweb.vault.actions import secrets
from devopsweb.vault.models import Secret, SecretVersion
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db
TOKEN = "t" * 32


@pytest.fixture
def sm(owner):
    """Calls as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("secretsmanager", operation, **params)


def code(call, *args, **params):
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response["Error"]["Code"]


def create(sm, name="prod/db", value="hunter22", **params):
    return sm("CreateSecret", Name=name, SecretString=value, **params)


def text(sm, secret_id="prod/db", **params):
    return sm("GetSecretValue", SecretId=secret_id, **params)["SecretString"]


def grant(user, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    policy = Policy.objects.create(name=f"p{Policy.objects.count()}", document=document)
    PolicyAttachment.objects.create(policy=policy, user=user)


class TestCreate:
    def test_gives_an_arn_with_six_random_characters(self, sm):
        made = create(sm)

        start, _, suffix = made["ARN"].rpartition("-")
        assert start == "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db"
        assert len(suffix) == 6
        assert set(suffix) <= set(string.ascii_letters + string.digits)
        assert text(sm) == "hunter22"

    def test_takes_bytes(self, sm):
        sm("CreateSecret", Name="bin", SecretBinary=b"\0\xff")

        found = sm("GetSecretValue", SecretId="bin")
        assert found["SecretBinary"] == b"\0\xff"
        assert "SecretString" not in found

    def test_without_a_value_has_no_version(self, sm):
        assert "VersionId" not in sm("CreateSecret", Name="empty")
        assert code(sm, "GetSecretValue", SecretId="empty") == "ResourceNotFoundException"

    def test_may_be_repeated_with_its_token(self, sm):
        first = create(sm, ClientRequestToken=TOKEN)

        assert create(sm, ClientRequestToken=TOKEN)["ARN"] == first["ARN"]
        assert code(create, sm, value="other", ClientRequestToken=TOKEN) == "ResourceExistsException"
        assert code(create, sm) == "ResourceExistsException"
        assert SecretVersion.objects.count() == 1

    @pytest.mark.parametrize("name", ["a b", "a:b", "ü", "a*"])
    def test_refuses_names(self, sm, name):
        assert code(create, sm, name) in ("InvalidParameterException", "ValidationException")

    def test_takes_one_value_only(self, sm):
        assert (
            code(sm, "CreateSecret", Name="x", SecretString="a", SecretBinary=b"b")
            == "InvalidParameterException"
        )

    def test_rests_encrypted_and_opens_nowhere_else(self, sm):
        create(sm, "a")
        create(sm, "b", "other")
        first, second = SecretVersion.objects.order_by("secret__name")
        assert "hunter22" not in first.ciphertext + first.sealed_key

        SecretVersion.objects.filter(pk=second.pk).update(
            sealed_key=first.sealed_key, ciphertext=first.ciphertext
        )

        with pytest.raises(ClientError):
            text(sm, "b")

    def test_tells_of_it_without_the_value(self, sm):
        create(sm)

        event = Event.objects.get(source="aws.secretsmanager")
        assert event.detail["detail"]["eventName"] == "CreateSecret"
        assert "hunter22" not in json.dumps(list(Event.objects.values()), default=str)


class TestLookUp:
    def test_takes_name_arn_and_partial_arn(self, sm):
        arn = create(sm)["ARN"]

        assert {text(sm, one) for one in ("prod/db", arn, arn[:-7])} == {"hunter22"}

    def test_knows_which_of_two_similar_names_is_meant(self, sm):
        create(sm, "key", "short")
        create(sm, "key-abcdef", "long")

        assert text(sm, "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-abcdef") == "long"

    def test_of_another_arn_of_the_same_name_finds_nothing(self, sm):
        arn = create(sm)["ARN"]
        sm("DeleteSecret", SecretId="prod/db", ForceDeleteWithoutRecovery=True)
        create(sm, value="new")

        assert code(sm, "GetSecretValue", SecretId=arn) == "ResourceNotFoundException"


class TestVersions:
    def test_move_the_stages(self, sm):
        first = create(sm)["VersionId"]
        second = sm("PutSecretValue", SecretId="prod/db", SecretString="two")["VersionId"]

        assert text(sm) == "two"
        assert text(sm, VersionStage="AWSPREVIOUS") == "hunter22"
        assert text(sm, VersionId=first) == "hunter22"
        assert sm("DescribeSecret", SecretId="prod/db")["VersionIdsToStages"] == {
            first: ["AWSPREVIOUS"],
            second: ["AWSCURRENT"],
        }

    def test_of_a_repeated_call_are_one(self, sm):
        create(sm)
        put = {"SecretId": "prod/db", "ClientRequestToken": TOKEN}

        sm("PutSecretValue", SecretString="two", **put)
        sm("PutSecretValue", SecretString="two", **put)

        assert code(sm, "PutSecretValue", SecretString="three", **put) == "ResourceExistsException"
        assert SecretVersion.objects.count() == 2

    def test_may_wait_as_pending(self, sm):
        create(sm)

        put = sm("PutSecretValue", SecretId="prod/db", SecretString="next", VersionStages=["AWSPENDING"])

        assert text(sm) == "hunter22"
        assert text(sm, VersionStage="AWSPENDING") == "next"
        assert (
            code(
                sm,
                "GetSecretValue",
                SecretId="prod/db",
                VersionId=put["VersionId"],
                VersionStage="AWSCURRENT",
            )
            == "InvalidRequestException"
        )

    def test_can_be_rolled_back(self, sm):
        first = create(sm)["VersionId"]
        second = sm("UpdateSecret", SecretId="prod/db", SecretString="two")["VersionId"]
        move = {"SecretId": "prod/db", "VersionStage": "AWSCURRENT", "MoveToVersionId": first}

        assert code(sm, "UpdateSecretVersionStage", **move) == "InvalidParameterException"
        sm("UpdateSecretVersionStage", RemoveFromVersionId=second, **move)

        assert text(sm) == "hunter22"
        assert text(sm, VersionStage="AWSPREVIOUS") == "two"

    def test_keep_one_that_is_current(self, sm):
        first = create(sm)["VersionId"]

        assert (
            code(
                sm,
                "UpdateSecretVersionStage",
                SecretId="prod/db",
                VersionStage="AWSCURRENT",
                RemoveFromVersionId=first,
            )
            == "InvalidParameterException"
        )

    def test_without_a_stage_are_listed_when_asked_for(self, sm):
        create(sm)
        for value in ("two", "three"):
            sm("PutSecretValue", SecretId="prod/db", SecretString=value)

        assert len(sm("ListSecretVersionIds", SecretId="prod/db")["Versions"]) == 2
        assert len(sm("ListSecretVersionIds", SecretId="prod/db", IncludeDeprecated=True)["Versions"]) == 3

    def test_beyond_a_hundred_are_forgotten_when_deprecated_for_a_day(self, sm):
        create(sm)
        row = Secret.objects.get()
        old = clock.now() - timedelta(days=2)
        SecretVersion.objects.bulk_create(
            SecretVersion(secret=row, version_id=f"{n:032}", sealed_key="", ciphertext="", created_at=old)
            for n in range(100)
        )

        sm("PutSecretValue", SecretId="prod/db", SecretString="two")

        assert row.versions.count() == 100
        assert text(sm, VersionStage="AWSPREVIOUS") == "hunter22"


class TestUpdate:
    def test_changes_what_is_said_only(self, sm):
        create(sm, Description="old")

        answer = sm("UpdateSecret", SecretId="prod/db", Description="new")

        assert "VersionId" not in answer
        assert sm("DescribeSecret", SecretId="prod/db")["Description"] == "new"
        assert text(sm) == "hunter22"


class TestDelete:
    def test_waits_for_the_window_and_then_really_deletes(self, sm):
        create(sm)

        gone_at = sm("DeleteSecret", SecretId="prod/db", RecoveryWindowInDays=7)["DeletionDate"]

        assert code(sm, "GetSecretValue", SecretId="prod/db") == "InvalidRequestException"
        assert code(create, sm) == "InvalidRequestException"
        assert sm("ListSecrets")["SecretList"] == []
        assert sm("ListSecrets", IncludePlannedDeletion=True)["SecretList"][0]["DeletedDate"] == gone_at
        assert secrets.sweep(at=gone_at - timedelta(seconds=5)) == 0
        assert secrets.sweep(at=gone_at + timedelta(seconds=5)) == 1
        assert not SecretVersion.objects.exists()

    def test_can_be_undone(self, sm):
        create(sm)
        sm("DeleteSecret", SecretId="prod/db")

        sm("RestoreSecret", SecretId="prod/db")

        assert text(sm) == "hunter22"

    def test_at_once_also_of_what_is_gone(self, sm):
        create(sm)

        sm("DeleteSecret", SecretId="prod/db", ForceDeleteWithoutRecovery=True)
        sm("DeleteSecret", SecretId="prod/db", ForceDeleteWithoutRecovery=True)

        assert code(sm, "DeleteSecret", SecretId="prod/db") == "ResourceNotFoundException"

    @pytest.mark.parametrize(
        "how",
        [
            {"RecoveryWindowInDays": 6},
            {"RecoveryWindowInDays": 31},
            {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
        ],
    )
    def test_refuses_other_windows(self, sm, how):
        create(sm)

        assert code(sm, "DeleteSecret", SecretId="prod/db", **how) == "InvalidParameterException"


class TestList:
    @pytest.fixture(autouse=True)
    def some(self, sm):
        create(sm, "prod/db", Description="The database", Tags=[{"Key": "team", "Value": "shop"}])
        create(sm, "prod/key")
        create(sm, "test/db", Tags=[{"Key": "team", "Value": "bank"}])

    @pytest.mark.parametrize(
        ("key", "values", "expected"),
        [
            ("name", ["prod"], ["prod/db", "prod/key"]),
            ("name", ["!prod"], ["test/db"]),
            ("tag-key", ["team"], ["prod/db", "test/db"]),
            ("tag-value", ["bank"], ["test/db"]),
            ("description", ["data"], ["prod/db"]),
            ("all", ["shop"], ["prod/db"]),
            ("name", ["Prod"], []),
        ],
    )
    def test_filters(self, sm, key, values, expected):
        found = sm("ListSecrets", Filters=[{"Key": key, "Values": values}], SortBy="name", SortOrder="asc")

        assert [one["Name"] for one in found["SecretList"]] == expected

    @pytest.mark.parametrize("by", ["name", "created-date", "last-changed-date", "last-accessed-date"])
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_pages_in_every_order(self, sm, by, order):
        ask = {"SortBy": by, "SortOrder": order, "MaxResults": 2}

        first = sm("ListSecrets", **ask)
        second = sm("ListSecrets", NextToken=first["NextToken"], **ask)

        names = [one["Name"] for one in first["SecretList"] + second["SecretList"]]
        assert sorted(names) == ["prod/db", "prod/key", "test/db"]
        if by != "last-accessed-date":
            assert names == sorted(names, reverse=order == "desc")

    def test_never_shows_values(self, sm):
        assert "hunter22" not in str(sm("ListSecrets"))

    def test_asks_the_same_number_of_questions_however_many_there_are(
        self, sm, django_assert_max_num_queries
    ):
        for number in range(20):
            create(sm, f"many/{number}")

        with django_assert_max_num_queries(10):
            sm("ListSecrets")


class TestBatch:
    def test_lists_what_it_cannot_read(self, sm, outsider):
        arn = create(sm, "mine")["ARN"]
        create(sm, "theirs")
        grant(outsider, {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn})
        grant(outsider, {"Effect": "Allow", "Action": "secretsmanager:BatchGetSecretValue", "Resource": "*"})

        found = aws(outsider)("secretsmanager", "BatchGetSecretValue", SecretIdList=["mine", "theirs"])

        assert [one["Name"] for one in found["SecretValues"]] == ["mine"]
        assert [(one["SecretId"], one["ErrorCode"]) for one in found["Errors"]] == [
            ("theirs", "AccessDeniedException")
        ]

    def test_takes_filters_instead(self, sm):
        create(sm, "prod/a")
        create(sm, "test/b")

        found = sm("BatchGetSecretValue", Filters=[{"Key": "name", "Values": ["prod"]}])

        assert [one["Name"] for one in found["SecretValues"]] == ["prod/a"]
        assert code(sm, "BatchGetSecretValue") == "InvalidParameterException"


class TestRandomPassword:
    def test_has_each_kind(self, sm):
        password = sm("GetRandomPassword")["RandomPassword"]

        assert len(password) == 32
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation):
            assert set(password) & set(kind)

    def test_leaves_out_what_is_excluded(self, sm):
        password = sm(
            "GetRandomPassword", PasswordLength=200, ExcludePunctuation=True, ExcludeUppercase=True,
            ExcludeCharacters="abc123",
        )["RandomPassword"]  # fmt: skip

        assert set(password) <= set(string.ascii_lowercase + string.digits) - set("abc123")

    def test_refuses_what_cannot_be(self, sm):
        assert code(sm, "GetRandomPassword", PasswordLength=3) == "InvalidParameterException"


class TestTags:
    def test_come_and_go(self, sm):
        create(sm)

        sm("TagResource", SecretId="prod/db", Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        sm("UntagResource", SecretId="prod/db", TagKeys=["a"])

        assert sm("DescribeSecret", SecretId="prod/db")["Tags"] == [{"Key": "b", "Value": "2"}]


class TestResourcePolicies:
    def policy(self, who, effect="Allow"):
        statement = {
            "Effect": effect, "Principal": {"AWS": who}, "Action": "secretsmanager:GetSecretValue", "Resource": "*",
        }  # fmt: skip
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def test_let_somebody_in(self, sm, outsider):
        create(sm)
        call = aws(outsider)
        assert code(call, "secretsmanager", "GetSecretValue", SecretId="prod/db") == "AccessDeniedException"

        sm("PutResourcePolicy", SecretId="prod/db", ResourcePolicy=self.policy(outsider.arn))

        assert call("secretsmanager", "GetSecretValue", SecretId="prod/db")["SecretString"] == "hunter22"

    def test_keep_somebody_out_until_they_are_deleted(self, sm, teammate):
        create(sm)
        call = aws(teammate)
        sm("PutResourcePolicy", SecretId="prod/db", ResourcePolicy=self.policy(teammate.arn, "Deny"))
        assert code(call, "secretsmanager", "GetSecretValue", SecretId="prod/db") == "AccessDeniedException"

        sm("DeleteResourcePolicy", SecretId="prod/db")

        assert call("secretsmanager", "GetSecretValue", SecretId="prod/db")["SecretString"] == "hunter22"
        assert "ResourcePolicy" not in sm("GetResourcePolicy", SecretId="prod/db")

    def test_are_checked(self, sm):
        create(sm)
        put = {"SecretId": "prod/db"}

        assert code(sm, "PutResourcePolicy", ResourcePolicy="{", **put) == "MalformedPolicyDocumentException"
        assert (
            code(sm, "PutResourcePolicy", ResourcePolicy=self.policy("*"), BlockPublicPolicy=True, **put)
            == "PublicPolicyException"
        )
        assert sm("ValidateResourcePolicy", ResourcePolicy=self.policy("arn:aws:iam::123456789012:root"))[
            "PolicyValidationPassed"
        ]
        assert not sm("ValidateResourcePolicy", ResourcePolicy=self.policy("*"))["PolicyValidationPassed"]


class TestPermissions:
    def test_do_not_tell_what_exists(self, sm, outsider):
        create(sm)
        call = aws(outsider)

        refusals = []
        for name in ("prod/db", "prod/xy"):
            with pytest.raises(ClientError) as caught:
                call("secretsmanager", "GetSecretValue", SecretId=name)
            message = caught.value.response["Error"]["Message"]
            refusals.append(len(message))

        assert refusals[0] == refusals[1]

    def test_may_name_the_stage(self, sm, outsider):
        create(sm)
        sm("PutSecretValue", SecretId="prod/db", SecretString="two")
        grant(
            outsider,
            {
                "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                "Condition": {"StringEquals": {"secretsmanager:VersionStage": "AWSPREVIOUS"}},
            },
        )  # fmt: skip
        ask = {"SecretId": "prod/db"}
        call = aws(outsider)

        assert (
            call("secretsmanager", "GetSecretValue", VersionStage="AWSPREVIOUS", **ask)["SecretString"]
            == "hunter22"
        )
        assert code(call, "secretsmanager", "GetSecretValue", **ask) == "AccessDeniedException"
