"""Parameter Store as boto3 sees it, through the door."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.events.models import Event
from devopsweb.iam.models import Policy, PolicyAttachment
from devopsweb.vault.actions import parameters
from devopsweb.vault.models import Parameter, ParameterVersion
from tests.awsapi.local import aws

pytestmark = pytest.mark.django_db


@pytest.fixture
def ssm(owner):
    """Calls as the owner."""
    call = aws(owner)
    return lambda operation, **params: call("ssm", operation, **params)


@pytest.fixture
def may():
    """Gives a user statements."""

    def give(user, *statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        policy = Policy.objects.create(name=f"p{Policy.objects.count()}", document=document)
        PolicyAttachment.objects.create(policy=policy, user=user)

    return give


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def code(call, *args, **params):
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return caught.value.response["Error"]["Code"]


def put(ssm, name, value="v", **params):
    return ssm("PutParameter", Name=name, Value=value, **{"Type": "String", **params})


class TestPut:
    def test_makes_a_parameter_that_can_be_read(self, ssm):
        assert put(ssm, "/app/db", "postgres://", Description="Where") == {"Version": 1, "Tier": "Standard"}

        found = ssm("GetParameter", Name="/app/db")["Parameter"]

        assert (found["Value"], found["Version"], found["Type"]) == ("postgres://", 1, "String")
        assert found["ARN"] == "arn:aws:ssm:us-east-1:123456789012:parameter/app/db"

    def test_overwrites_only_when_asked_to(self, ssm):
        put(ssm, "x")

        assert code(put, ssm, "x") == "ParameterAlreadyExists"
        assert put(ssm, "x", "w", Overwrite=True)["Version"] == 2
        assert ssm("GetParameter", Name="x")["Parameter"]["Value"] == "w"
        assert ssm("GetParameter", Name="x:1")["Parameter"]["Value"] == "v"

    def test_keeps_the_type_and_what_is_not_said(self, ssm):
        put(ssm, "x", Description="why", AllowedPattern="[a-z]+")

        ssm("PutParameter", Name="x", Value="w", Overwrite=True)

        described = ssm("DescribeParameters")["Parameters"][0]
        assert (described["Description"], described["AllowedPattern"]) == ("why", "[a-z]+")
        assert code(put, ssm, "x", Overwrite=True, Type="SecureString") == "HierarchyTypeMismatchException"

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("a/b", "ValidationException"),
            ("/a//b", "ValidationException"),
            ("/a b", "ValidationException"),
            ("/a/", "ValidationException"),
            ("awsome", "ValidationException"),
            ("/ssm/x", "ValidationException"),
            ("/" + "/".join("abcdefghijklmnop"), "HierarchyLevelLimitExceededException"),
        ],
    )
    def test_refuses_names(self, ssm, name, expected):
        assert code(put, ssm, name) == expected

    def test_takes_fifteen_levels(self, ssm):
        assert put(ssm, "/" + "/".join("abcdefghijklmno"))["Version"] == 1

    def test_holds_the_value_to_its_pattern(self, ssm):
        assert code(put, ssm, "n", "12x", AllowedPattern=r"^\d+$") == "ParameterPatternMismatchException"
        assert code(put, ssm, "n", "12", AllowedPattern="(") == "InvalidAllowedPatternException"
        assert put(ssm, "n", "12", AllowedPattern=r"^\d+$")["Version"] == 1

    def test_knows_the_tiers(self, ssm):
        assert code(put, ssm, "big", "x" * 4097) == "ValidationException"
        assert put(ssm, "big", "x" * 4097, Tier="Intelligent-Tiering")["Tier"] == "Advanced"
        assert code(put, ssm, "big", "x", Tier="Standard", Overwrite=True) == "ValidationException"
        assert code(put, ssm, "huge", "x" * 8193, Tier="Advanced") == "ValidationException"

    def test_needs_a_type_and_a_known_data_type(self, ssm):
        assert code(ssm, "PutParameter", Name="x", Value="v") == "ValidationException"
        assert code(put, ssm, "x", Type="Blob") in ("ValidationException", "UnsupportedParameterType")
        assert code(put, ssm, "x", DataType="aws:ec2:image") == "ValidationException"

    def test_keeps_a_hundred_versions_and_those_with_labels(self, ssm):
        put(ssm, "x")
        ssm("LabelParameterVersion", Name="x", Labels=["first"], ParameterVersion=1)
        row = Parameter.objects.get()
        row.versions.all().update(number=1)
        ParameterVersion.objects.bulk_create(
            ParameterVersion(
                parameter=row,
                number=n,
                type="String",
                modified_at=row.modified_at,
                modified_by="",
                sealed_key="",
                ciphertext="",
            )
            for n in range(2, 101)
        )
        Parameter.objects.update(version=100)

        assert code(put, ssm, "x", Overwrite=True) == "ParameterMaxVersionLimitExceeded"

        ssm("LabelParameterVersion", Name="x", Labels=["first"], ParameterVersion=100)
        put(ssm, "x", Overwrite=True)
        assert row.versions.count() == 100
        assert code(ssm, "GetParameter", Name="x:1") == "ParameterVersionNotFound"

    def test_lets_a_parameter_expire(self, ssm):
        when = datetime.now(UTC) + timedelta(hours=1)
        policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": when.isoformat()}}
        put(ssm, "x", Tier="Advanced", Policies=json.dumps([policy]))

        assert parameters.expire(at=when - timedelta(seconds=1)) == 0
        assert parameters.expire(at=when + timedelta(seconds=1)) == 1
        assert code(ssm, "GetParameter", Name="x") == "ParameterNotFound"

    def test_refuses_policies_that_it_would_not_carry_out(self, ssm):
        assert (
            code(put, ssm, "x", Policies='[{"Type": "NoChangeNotification"}]') == "InvalidPolicyTypeException"
        )
        assert code(put, ssm, "x", Policies='[{"Type": "Expiration"}]') == "InvalidPolicyAttributeException"

    def test_tells_of_it_without_the_value(self, ssm):
        put(ssm, "x", "hunter22", Type="SecureString")

        event = Event.objects.get(detail_type="Parameter Store Change")
        assert event.detail["detail"] == {"operation": "Create", "name": "x", "type": "SecureString"}
        assert "hunter22" not in json.dumps(list(Event.objects.values()), default=str)


class TestSecureStrings:
    def test_give_their_text_only_with_decryption(self, ssm):
        put(ssm, "/app/key", "hunter22", Type="SecureString")

        assert ssm("GetParameter", Name="/app/key")["Parameter"]["Value"] != "hunter22"
        assert ssm("GetParameter", Name="/app/key", WithDecryption=True)["Parameter"]["Value"] == "hunter22"
        history = ssm("GetParameterHistory", Name="/app/key")["Parameters"]
        assert history[0]["KeyId"] == "alias/aws/ssm"
        assert history[0]["Value"] != "hunter22"

    def test_rest_encrypted_and_open_nowhere_else(self, ssm):
        put(ssm, "a", "hunter22", Type="SecureString")
        put(ssm, "b", "other", Type="SecureString")
        first, second = ParameterVersion.objects.order_by("parameter__name")
        assert "hunter22" not in first.ciphertext + first.sealed_key

        ParameterVersion.objects.filter(pk=second.pk).update(
            sealed_key=first.sealed_key, ciphertext=first.ciphertext
        )

        with pytest.raises(ClientError):
            ssm("GetParameter", Name="b", WithDecryption=True)

    def test_with_a_key_of_their_own_need_that_key(self, ssm, outsider, may):
        put(ssm, "x", "hunter22", Type="SecureString", KeyId="alias/payments")
        may(outsider, allow("ssm:GetParameter"))
        call = aws(outsider)

        assert code(call, "ssm", "GetParameter", Name="x", WithDecryption=True) == "AccessDeniedException"
        call("ssm", "GetParameter", Name="x")

        may(outsider, allow("kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:alias/payments"))
        found = call("ssm", "GetParameter", Name="x", WithDecryption=True)
        assert found["Parameter"]["Value"] == "hunter22"


class TestGet:
    def test_finds_by_arn_version_and_label(self, ssm):
        put(ssm, "/a/b", "one")
        put(ssm, "/a/b", "two", Overwrite=True)
        ssm("LabelParameterVersion", Name="/a/b", Labels=["prod"], ParameterVersion=1)
        arn = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b"

        values = {
            name: ssm("GetParameter", Name=name)["Parameter"]["Value"]
            for name in ("/a/b", "/a/b:1", "/a/b:prod", arn, f"{arn}:prod")
        }

        assert values == {
            "/a/b": "two",
            "/a/b:1": "one",
            "/a/b:prod": "one",
            arn: "two",
            f"{arn}:prod": "one",
        }
        assert ssm("GetParameter", Name="/a/b:prod")["Parameter"]["Selector"] == ":prod"

    def test_says_what_is_missing(self, ssm):
        put(ssm, "x")

        assert code(ssm, "GetParameter", Name="y") == "ParameterNotFound"
        assert code(ssm, "GetParameter", Name="x:9") == "ParameterVersionNotFound"
        assert code(ssm, "GetParameter", Name="x:nope") == "ParameterVersionNotFound"
        assert code(ssm, "GetParameterHistory", Name="y") == "ParameterNotFound"

    def test_several_names_those_that_are_none(self, ssm):
        put(ssm, "x")
        put(ssm, "y")

        found = ssm("GetParameters", Names=["y", "nope", "x", "x:7"])

        assert [one["Name"] for one in found["Parameters"]] == ["y", "x"]
        assert found["InvalidParameters"] == ["nope", "x:7"]

    def test_by_path_takes_one_level_or_all(self, ssm):
        for name in ("/app/a", "/app/b", "/app/deep/c", "/App/d", "/apple", "top"):
            put(ssm, name)

        def names(**params):
            return [one["Name"] for one in ssm("GetParametersByPath", **params)["Parameters"]]

        assert names(Path="/app") == ["/app/a", "/app/b"]
        assert names(Path="/app/", Recursive=True) == ["/app/a", "/app/b", "/app/deep/c"]
        assert sorted(names(Path="/")) == ["/apple", "top"]
        assert len(names(Path="/", Recursive=True)) == 6

    def test_by_path_pages(self, ssm):
        for number in range(5):
            put(ssm, f"/p/{number}", str(number))

        first = ssm("GetParametersByPath", Path="/p", MaxResults=3)
        second = ssm("GetParametersByPath", Path="/p", MaxResults=3, NextToken=first["NextToken"])

        assert [one["Value"] for one in first["Parameters"] + second["Parameters"]] == list("01234")
        assert "NextToken" not in second
        assert code(ssm, "GetParametersByPath", Path="/q", NextToken=first["NextToken"]) == "InvalidNextToken"

    def test_by_path_filters(self, ssm):
        put(ssm, "/p/a")
        put(ssm, "/p/b", Type="SecureString")

        found = ssm(
            "GetParametersByPath",
            Path="/p",
            ParameterFilters=[{"Key": "Type", "Option": "Equals", "Values": ["SecureString"]}],
        )

        assert [one["Name"] for one in found["Parameters"]] == ["/p/b"]
        bad = [{"Key": "Name", "Values": ["x"]}]
        assert code(ssm, "GetParametersByPath", Path="/p", ParameterFilters=bad) == "InvalidFilterKey"


class TestDescribe:
    @pytest.fixture(autouse=True)
    def some(self, ssm):
        put(ssm, "/app/db", Description="database", Tags=[{"Key": "team", "Value": "shop"}])
        put(ssm, "/app/key", Type="SecureString")
        put(ssm, "plain", "a,b", Type="StringList")

    @pytest.mark.parametrize(
        ("key", "option", "values", "expected"),
        [
            ("Name", "Equals", ["/app/db"], ["/app/db"]),
            ("Name", "BeginsWith", ["/app"], ["/app/db", "/app/key"]),
            ("Name", "Contains", ["ai"], ["plain"]),
            ("Type", "Equals", ["SecureString", "StringList"], ["/app/key", "plain"]),
            ("KeyId", "Equals", ["alias/aws/ssm"], ["/app/key"]),
            ("Path", "Recursive", ["/app"], ["/app/db", "/app/key"]),
            ("Path", "OneLevel", ["/"], ["plain"]),
            ("tag:team", "Equals", ["shop"], ["/app/db"]),
            ("Tier", "Equals", ["Advanced"], []),
        ],
    )
    def test_filters(self, ssm, key, option, values, expected):
        found = ssm("DescribeParameters", ParameterFilters=[{"Key": key, "Option": option, "Values": values}])

        assert [one["Name"] for one in found["Parameters"]] == expected

    def test_takes_the_old_filters(self, ssm):
        found = ssm("DescribeParameters", Filters=[{"Key": "Name", "Values": ["/app/k"]}])

        assert [one["Name"] for one in found["Parameters"]] == ["/app/key"]

    def test_never_shows_values(self, ssm):
        assert all("Value" not in one for one in ssm("DescribeParameters")["Parameters"])

    def test_asks_the_same_number_of_questions_however_many_there_are(
        self, ssm, django_assert_max_num_queries
    ):
        for number in range(20):
            put(ssm, f"/many/{number}")

        with django_assert_max_num_queries(8):
            ssm("DescribeParameters")


class TestLabels:
    def test_move_and_go(self, ssm):
        put(ssm, "x", "one")
        put(ssm, "x", "two", Overwrite=True)

        told = ssm("LabelParameterVersion", Name="x", Labels=["prod", "1bad", "awsx"])
        ssm("LabelParameterVersion", Name="x", Labels=["prod"], ParameterVersion=1)

        assert (told["ParameterVersion"], told["InvalidLabels"]) == (2, ["1bad", "awsx"])
        assert ssm("GetParameter", Name="x:prod")["Parameter"]["Value"] == "one"
        gone = ssm("UnlabelParameterVersion", Name="x", ParameterVersion=1, Labels=["prod", "other"])
        assert gone == {"RemovedLabels": ["prod"], "InvalidLabels": ["other"]}
        assert "Labels" not in ssm("GetParameterHistory", Name="x")["Parameters"][0]

    def test_are_ten_at_most(self, ssm):
        put(ssm, "x")
        ssm("LabelParameterVersion", Name="x", Labels=[f"l{n}" for n in range(10)])

        assert (
            code(ssm, "LabelParameterVersion", Name="x", Labels=["more"])
            == "ParameterVersionLabelLimitExceeded"
        )


class TestDelete:
    def test_takes_all_versions(self, ssm):
        put(ssm, "x")

        ssm("DeleteParameter", Name="x")

        assert code(ssm, "DeleteParameter", Name="x") == "ParameterNotFound"
        assert not ParameterVersion.objects.exists()

    def test_of_several_names_those_that_are_none(self, ssm):
        put(ssm, "x")

        found = ssm("DeleteParameters", Names=["x", "y"])

        assert found == {"DeletedParameters": ["x"], "InvalidParameters": ["y"]}


class TestTags:
    def test_are_added_listed_and_removed(self, ssm):
        put(ssm, "x", Tags=[{"Key": "a", "Value": "1"}])
        on = {"ResourceType": "Parameter", "ResourceId": "x"}

        ssm("AddTagsToResource", Tags=[{"Key": "b", "Value": "2"}], **on)
        ssm("RemoveTagsFromResource", TagKeys=["a"], **on)

        assert ssm("ListTagsForResource", **on)["TagList"] == [{"Key": "b", "Value": "2"}]

    def test_are_for_parameters_that_exist(self, ssm):
        assert (
            code(ssm, "ListTagsForResource", ResourceType="Parameter", ResourceId="x") == "InvalidResourceId"
        )
        assert (
            code(ssm, "ListTagsForResource", ResourceType="Document", ResourceId="x") == "InvalidResourceType"
        )


class TestPermissions:
    def test_are_asked_before_it_is_told_what_exists(self, ssm, outsider):
        put(ssm, "x")
        call = aws(outsider)

        refusals = {code(call, "ssm", "GetParameter", Name=name) for name in ("x", "missing")}

        assert refusals == {"AccessDeniedException"}

    def test_follow_the_hierarchy(self, ssm, outsider, may):
        put(ssm, "/shop/db", "v")
        put(ssm, "/bank/db", "v")
        may(outsider, allow("ssm:Get*", "arn:aws:ssm:*:*:parameter/shop/*"))
        may(outsider, allow("ssm:GetParametersByPath", "arn:aws:ssm:*:*:parameter/shop"))
        call = aws(outsider)

        assert call("ssm", "GetParameter", Name="/shop/db")["Parameter"]["Value"] == "v"
        assert call("ssm", "GetParametersByPath", Path="/shop")["Parameters"]
        assert code(call, "ssm", "GetParameters", Names=["/shop/db", "/bank/db"]) == "AccessDeniedException"
        assert code(call, "ssm", "GetParametersByPath", Path="/bank") == "AccessDeniedException"

    def test_may_ask_for_tags(self, ssm, outsider, may):
        put(ssm, "mine", Tags=[{"Key": "team", "Value": "shop"}])
        put(ssm, "theirs", Tags=[{"Key": "team", "Value": "bank"}])
        may(outsider, allow("ssm:GetParameter", Condition={"StringEquals": {"aws:ResourceTag/team": "shop"}}))
        call = aws(outsider)

        assert call("ssm", "GetParameter", Name="mine")
        assert code(call, "ssm", "GetParameter", Name="theirs") == "AccessDeniedException"
