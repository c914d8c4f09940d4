"""CloudTrail's operations through the door, as boto3 calls them."""

import gzip
import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from devopsweb.awsapi import models, outcomes
from devopsweb.awsapi.registry import Call
from devopsweb.blobs import api as blobs
from devopsweb.iam import api as iam
from devopsweb.iam.models import Role
from devopsweb.kernel import clock
from monitoring.logs import api as logs
from monitoring.trail.actions import delivery, digests
from monitoring.trail.engine import files
from monitoring.trail.models import Record, Trail, TrailFile
from tests.awsapi.local import aws
from tests.trail.conftest import ANA, SHOP

pytestmark = pytest.mark.django_db
BUCKET = {"Name": "audit", "S3BucketName": "our-audit"}


@pytest.fixture
def api(owner):
    return lambda operation, **params: aws(owner)("cloudtrail", operation, **params)


@pytest.fixture
def now():
    return clock.now()


def code_of(error) -> str:
    return error.value.response["Error"]["Code"]


class TestACall:
    def test_to_any_service_becomes_a_record(self, owner, told):
        aws(owner)("codecommit", "CreateRepository", repositoryName="shop", repositoryDescription="The shop")

        (record,) = told()
        assert record["eventName"] == "CreateRepository"
        assert record["userIdentity"]["type"] == "IAMUser"
        assert record["userIdentity"]["accessKeyId"].startswith("AKIA")
        assert record["userIdentity"]["principalId"].startswith("AIDA")
        assert record["requestParameters"] == {
            "repositoryName": "shop",
            "repositoryDescription": "The shop",
        }
        assert record["responseElements"]["repositoryMetadata"]["repositoryName"] == "shop"
        assert record["resources"][0]["ARN"] == SHOP
        assert record["sourceIPAddress"] == "127.0.0.1"
        assert "Botocore" in record["userAgent"]
        assert record["apiVersion"] == "2015-04-13"

    def test_that_assumes_a_role_is_in_the_roles_history(self, owner, told):
        trust = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": owner.arn}, "Action": "sts:AssumeRole"},
        }
        role = Role.objects.create(name="ops", path="/team/", trust_policy=trust)
        wish = {"RoleSessionName": "night"}

        aws(owner)("sts", "AssumeRole", RoleArn=role.arn, **wish)
        with pytest.raises(ClientError, match="no resource-based policy allows the sts:AssumeRole action"):
            aws(owner)("sts", "AssumeRole", RoleArn=role.arn + "x", **wish)

        records = [one for one in told() if one["eventName"] == "AssumeRole"]
        assert [one["resources"][0]["ARN"] for one in records] == [role.arn, role.arn + "x"]
        assert records[0]["resources"][0]["type"] == "AWS::IAM::Role"
        found = aws(owner)(
            "cloudtrail",
            "LookupEvents",
            LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": "ops"}],
        )
        assert [one["EventName"] for one in found["Events"]] == ["AssumeRole"]

    def test_that_only_reads_has_no_answer_in_it(self, owner, told):
        aws(owner)("codecommit", "ListRepositories")

        (record,) = told()
        assert record["readOnly"] is True
        assert record["responseElements"] is None

    def test_that_is_refused_is_a_record(self, outsider, told):
        with pytest.raises(ClientError):
            aws(outsider)("codecommit", "GetRepository", repositoryName="shop")

        (record,) = told()
        assert "AccessDenied" in record["errorCode"]
        assert record["resources"][0]["ARN"] == SHOP

    def test_leaves_no_secret_behind(self, owner, told, home):
        session = aws(owner)("sts", "GetSessionToken")["Credentials"]
        for service_name, operation, params, result in SECRETIVE:
            _tell(service_name, operation, params, result)

        spooled = "".join(path.read_text() for path in (home / "trail" / "spool").glob("*"))
        records = told()
        kept = "".join(Record.objects.values_list("body", flat=True))
        assert len(records) == 1 + len(SECRETIVE)
        assert records[1]["responseElements"]["accessKey"]["accessKeyId"] == "AKIAEXAMPLE"
        assert records[3]["requestParameters"]["secretId"] == "shop/db"
        for text in (spooled, kept):
            assert "S3CRET" not in text
            assert session["SecretAccessKey"] not in text
            assert session["SessionToken"] not in text


SECRETIVE = [
    ("iam", "CreateAccessKey", {"UserName": "eve"}, {"AccessKey": {"AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "S3CRET"}}),
    ("iam", "CreateLoginProfile", {"UserName": "eve", "Password": "S3CRET"}, {}),
    ("secretsmanager", "PutSecretValue", {"SecretId": "shop/db", "SecretString": "S3CRET"}, {}),
    ("secretsmanager", "PutSecretValue", {"SecretId": "shop/db", "SecretBinary": b"S3CRET"}, {}),
    ("ssm", "PutParameter", {"Name": "/shop/db", "Value": "S3CRET", "Type": "SecureString"}, {}),
    (
        "codebuild",
        "CreateProject",
        {
            "name": "shop",
            "source": {"type": "CODECOMMIT", "auth": {"type": "OAUTH", "resource": "x"}},
            "environment": {"environmentVariables": [{"name": "DB", "value": "S3CRET", "type": "PLAINTEXT"}]},
        },
        {"project": {"environment": {"environmentVariables": [{"name": "DB", "value": "S3CRET"}]}}},
    ),
    (
        "codepipeline",
        "CreatePipeline",
        {"pipeline": {"stages": [{"actions": [{"configuration": {"OAuthToken": "S3CRET", "Repo": "x"}}]}]}},
        {},
    ),
    ("sts", "AssumeRoleWithWebIdentity", {"WebIdentityToken": "S3CRET", "RoleArn": "x"}, {}),
]  # fmt: skip


def _tell(service_name: str, operation: str, params: dict, result: dict) -> None:
    """What the door tells of a call."""
    call = Call(service=service_name, operation=operation, principal=ANA, request_id="r", at=clock.now())
    model = models.load(service_name).operation(operation)
    outcomes.tell(
        outcomes.Outcome(call=call, read_only=False, params=params, result=result, hidden=model.hidden)
    )


class TestLookupEvents:
    @pytest.fixture
    def history(self, call, told, now):
        for number in range(5):
            call(f"Call{number}", at=now - timedelta(minutes=5 - number), read_only=number % 2 == 0)
        told()

    def test_gives_the_newest_first(self, api, history):
        found = api("LookupEvents")

        assert [one["EventName"] for one in found["Events"]] == ["Call4", "Call3", "Call2", "Call1", "Call0"]
        newest = found["Events"][0]
        assert newest["ReadOnly"] == "true"
        assert newest["Username"] == "ana"
        assert newest["Resources"] == [
            {"ResourceType": "AWS::CodeCommit::Repository", "ResourceName": "shop"}
        ]
        assert json.loads(newest["CloudTrailEvent"])["eventID"] == newest["EventId"]

    @pytest.mark.parametrize(
        ("name", "value", "count"),
        [
            ("EventName", "Call3", 1),
            ("EventSource", "codecommit.amazonaws.com", 5),
            ("EventSource", "iam.amazonaws.com", 0),
            ("Username", "ana", 5),
            ("Username", "bob", 0),
            ("ResourceName", "shop", 5),
            ("ResourceName", SHOP, 5),
            ("ResourceType", "AWS::CodeCommit::Repository", 5),
            ("ReadOnly", "true", 3),
            ("ReadOnly", "false", 2),
            ("AccessKeyId", "AKIANOBODY", 0),
        ],
    )
    def test_finds_by_each_attribute(self, api, history, name, value, count):
        found = api("LookupEvents", LookupAttributes=[{"AttributeKey": name, "AttributeValue": value}])

        assert len(found["Events"]) == count

    def test_finds_one_by_its_id(self, api, history):
        (wanted,) = api("LookupEvents", MaxResults=1)["Events"]
        found = api(
            "LookupEvents",
            LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": wanted["EventId"]}],
        )

        assert [one["EventId"] for one in found["Events"]] == [wanted["EventId"]]

    def test_turns_pages_while_records_are_added(self, api, history, call, told):
        first = api("LookupEvents", MaxResults=2)
        call("Later", at=clock.now())
        told()
        second = api("LookupEvents", MaxResults=3, NextToken=first["NextToken"])

        assert [one["EventName"] for one in second["Events"]] == ["Call2", "Call1", "Call0"]
        assert "NextToken" not in second

    def test_keeps_to_the_times(self, api, history, now):
        found = api(
            "LookupEvents",
            StartTime=now - timedelta(minutes=3, seconds=5),
            EndTime=now - timedelta(minutes=2),
        )

        assert [one["EventName"] for one in found["Events"]] == ["Call3", "Call2"]

    def test_forgets_after_90_days(self, api, call, told, now):
        call(at=now - timedelta(days=91))
        told()

        assert api("LookupEvents")["Events"] == []

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"NextToken": "forged"}, "InvalidNextTokenException"),
            (
                {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "perhaps"}]},
                "InvalidLookupAttributesException",
            ),
            ({"EventCategory": "insight"}, "InvalidEventCategoryException"),
        ],
    )
    def test_refuses_what_makes_no_sense(self, api, params, code):
        with pytest.raises(ClientError) as error:
            api("LookupEvents", **params)

        assert code_of(error) == code


class TestTrails:
    def test_are_made_described_and_deleted(self, api):
        made = api("CreateTrail", **BUCKET, TagsList=[{"Key": "team", "Value": "ops"}])

        assert made["TrailARN"] == "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit"
        assert api("GetTrail", Name=made["TrailARN"])["Trail"]["HomeRegion"] == "us-east-1"
        assert [one["Name"] for one in api("DescribeTrails")["trailList"]] == ["audit"]
        assert [one["Name"] for one in api("ListTrails")["Trails"]] == ["audit"]
        assert api("GetTrailStatus", Name="audit")["IsLogging"] is False
        api("UpdateTrail", Name="audit", S3KeyPrefix="logs/")
        assert api("GetTrail", Name="audit")["Trail"]["S3KeyPrefix"] == "logs"
        api("DeleteTrail", Name="audit")
        with pytest.raises(ClientError) as error:
            api("GetTrail", Name="audit")
        assert code_of(error) == "TrailNotFoundException"

    @pytest.mark.parametrize(
        ("params", "code"),
        [
            ({"Name": "a..b", "S3BucketName": "our-audit"}, "InvalidTrailNameException"),
            ({"Name": "audit", "S3BucketName": "Our_Audit"}, "InvalidS3BucketNameException"),
            ({**BUCKET, "S3KeyPrefix": "/x"}, "InvalidS3PrefixException"),
            (
                {**BUCKET, "CloudWatchLogsLogGroupArn": "nonsense"},
                "InvalidCloudWatchLogsLogGroupArnException",
            ),
            ({**BUCKET, "KmsKeyId": "alias/x"}, "UnsupportedOperationException"),
            ({**BUCKET, "TagsList": [{"Key": "aws:x", "Value": "v"}]}, "InvalidTagParameterException"),
        ],
    )
    def test_with_a_wrong_word_are_refused(self, api, params, code):
        with pytest.raises(ClientError) as error:
            api("CreateTrail", **params)

        assert code_of(error) == code
        assert not Trail.objects.exists()

    def test_have_names_of_their_own_and_a_quota(self, api):
        api("CreateTrail", **BUCKET)
        with pytest.raises(ClientError) as taken:
            api("CreateTrail", **BUCKET)
        for number in range(4):
            api("CreateTrail", **{**BUCKET, "Name": f"audit-{number}"})
        with pytest.raises(ClientError) as full:
            api("CreateTrail", **{**BUCKET, "Name": "audit-9"})

        assert code_of(taken) == "TrailAlreadyExistsException"
        assert code_of(full) == "MaximumNumberOfTrailsExceededException"

    def test_carry_tags(self, api):
        arn = api("CreateTrail", **BUCKET)["TrailARN"]
        api("AddTags", ResourceId=arn, TagsList=[{"Key": "Team", "Value": "ops"}, {"Key": "x", "Value": "1"}])
        api("RemoveTags", ResourceId=arn, TagsList=[{"Key": "x"}])

        (found,) = api("ListTags", ResourceIdList=[arn])["ResourceTagList"]
        assert found["TagsList"] == [{"Key": "Team", "Value": "ops"}]

    def test_select_reads_or_writes(self, api):
        api("CreateTrail", **BUCKET)
        selector = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
        api("PutEventSelectors", TrailName="audit", EventSelectors=[selector])

        (found,) = api("GetEventSelectors", TrailName="audit")["EventSelectors"]
        assert found["ReadWriteType"] == "WriteOnly"
        assert api("GetTrail", Name="audit")["Trail"]["HasCustomEventSelectors"] is True

    def test_are_kept_from_others(self, teammate, api):
        api("CreateTrail", **BUCKET)

        assert aws(teammate)("cloudtrail", "GetTrail", Name="audit")["Trail"]["Name"] == "audit"
        for operation in ("StopLogging", "DeleteTrail"):
            with pytest.raises(ClientError) as error:
                aws(teammate)("cloudtrail", operation, Name="audit")
            assert "AccessDenied" in code_of(error)


class TestDelivery:
    @pytest.fixture
    def trail(self, api):
        api("CreateTrail", **BUCKET, S3KeyPrefix="logs", EnableLogFileValidation=True)
        api("StartLogging", Name="audit")
        return Trail.objects.get()

    def test_writes_real_files_where_cloudtrail_would(self, trail, api, call, told, now):
        call("First")
        call("Second")
        told()

        assert delivery.deliver_due(at=now + timedelta(minutes=6)) == 1

        row = TrailFile.objects.get()
        assert row.key.startswith(
            f"logs/AWSLogs/123456789012/CloudTrail/us-east-1/{row.ends_at:%Y/%m/%d}/123456789012_"
        )
        content = json.loads(gzip.decompress(blobs.path(row.blob).read_bytes()))
        assert {"First", "Second"} <= {one["eventName"] for one in content["Records"]}
        assert api("GetTrailStatus", Name="audit")["LatestDeliveryTime"]

    def test_brings_each_record_once(self, trail, call, told, now):
        call()
        told()
        delivery.deliver_due(at=now + timedelta(minutes=6))
        stale = Trail.objects.get()
        delivery.deliver_due(at=now + timedelta(minutes=12))
        stale.cursor = 0

        assert delivery.deliver_files(stale, at=now + timedelta(minutes=18)) == 0
        assert TrailFile.objects.count() == 1

    def test_keeps_to_the_selectors(self, trail, api, call, told, now):
        selector = {
            "ReadWriteType": "WriteOnly",
            "ExcludeManagementEventSources": ["cloudtrail.amazonaws.com"],
        }
        api("PutEventSelectors", TrailName="audit", EventSelectors=[selector])
        call("Read", read_only=True)
        call("Written")
        told()
        delivery.deliver_due(at=now + timedelta(minutes=6))

        content = json.loads(gzip.decompress(blobs.path(TrailFile.objects.get().blob).read_bytes()))
        assert [one["eventName"] for one in content["Records"]] == ["Written"]

    def test_signs_a_digest_over_the_files_of_each_hour(self, trail, api, call, told, now):
        call()
        told()
        delivery.deliver_due(at=now + timedelta(minutes=6))
        hour = files.floor(now, files.HOUR)
        digests.make_due(at=hour + timedelta(hours=2, minutes=2))

        rows = list(TrailFile.objects.filter(owner=trail.arn, kind="digest").order_by("ends_at"))
        told_first = json.loads(gzip.decompress(blobs.path(rows[0].blob).read_bytes()))
        key = api("ListPublicKeys", StartTime=now, EndTime=hour + timedelta(hours=3))["PublicKeyList"][0]
        assert told_first["digestPublicKeyFingerprint"] == key["Fingerprint"]
        assert told_first["previousDigestS3Object"] is None
        assert (
            sum(
                len(json.loads(gzip.decompress(blobs.path(row.blob).read_bytes()))["logFiles"])
                for row in rows
            )
            == 1
        )

    def test_writes_lines_to_a_log_group_once(self, api, call, told, now):
        statement = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
        role = iam.ensure_service_role("trail-logs", service="cloudtrail", statements=[statement], at=now)
        group = "arn:aws:logs:us-east-1:123456789012:log-group:audit:*"
        api("CreateTrail", **BUCKET, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
        api("StartLogging", Name="audit")
        call("Seen")
        told()
        delivery.deliver_due(at=now)
        delivery.deliver_due(at=now + timedelta(seconds=30))

        stream = logs.create_stream(group="audit", name=delivery.stream_name(Trail.objects.get()), at=now)
        lines = logs.read(stream_id=stream, start=0, limit=10).lines
        assert [json.loads(line.text)["eventName"] for line in lines].count("Seen") == 1

    def test_stops_when_the_trail_is_stopped(self, trail, api, call, told, now):
        call("Before")
        api("StopLogging", Name="audit")
        call("After")
        told()
        delivery.deliver_due(at=now + timedelta(minutes=6))

        content = json.loads(gzip.decompress(blobs.path(TrailFile.objects.get().blob).read_bytes()))
        names = [one["eventName"] for one in content["Records"]]
        assert "Before" in names
        assert "After" not in names
