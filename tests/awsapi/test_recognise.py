"""Which operation does a request ask for?"""

import pytest

from devopsweb.awsapi import recognise as recognition
from devopsweb.awsapi import registry
from devopsweb.awsapi.recognise import recognise, signing_name
from devopsweb.awsapi.registry import Operation, Service
from devopsweb.awsapi.sigv4 import Refused, SignedRequest, claims

OFFERED = {
    "codecommit": ["GetRepository"],
    "sts": ["GetCallerIdentity"],
    "iam": ["GetUser"],
    "ec2": ["DescribeInstances"],
    "cloudwatch": ["DescribeAlarms"],
    "codeartifact": ["DescribeDomain"],
    "s3": ["GetObject", "ListObjectsV2"],
}
FORM = ("content-type", "application/x-www-form-urlencoded")


@pytest.fixture(autouse=True)
def services(monkeypatch):
    offered = {}
    for name, operations in OFFERED.items():
        offered[name] = Service(name, {one: Operation(one, lambda call, params: None) for one in operations})
    monkeypatch.setattr(registry, "_services", offered)
    recognition._targets.cache_clear()
    yield
    recognition._targets.cache_clear()


def request(
    *headers: tuple[str, str], method="POST", path="/", query="", body=b"", scope=""
) -> SignedRequest:
    signed = [("authorization", f"AWS4-HMAC-SHA256 Credential=AKIA/20261121/eu-west-1/{scope}/aws4_request, SignedHeaders=host, Signature=0")]  # fmt: skip
    return SignedRequest(
        method, path, query, [("host", "localhost"), *headers, *(signed if scope else [])], body
    )


class TestRecognise:
    @pytest.mark.parametrize(
        ("given", "protocol", "service", "operation"),
        [
            (request(("x-amz-target", "CodeCommit_20150413.GetRepository")), "json", "codecommit", "GetRepository"),
            (
                request(("smithy-protocol", "rpc-v2-cbor"), path="/service/GraniteServiceVersion20100801/operation/DescribeAlarms"),
                "smithy-rpc-v2-cbor", "cloudwatch", "DescribeAlarms",
            ),
            (request(("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms")), "json", "cloudwatch", "DescribeAlarms"),
            (request(FORM, body=b"Action=DescribeAlarms&Version=2010-08-01", scope="monitoring"), "query", "cloudwatch", "DescribeAlarms"),
            (request(FORM, body=b"Action=GetCallerIdentity&Version=2011-06-15", scope="sts"), "query", "sts", "GetCallerIdentity"),
            (request(FORM, body=b"Action=GetCallerIdentity&Version=2011-06-15"), "query", "sts", "GetCallerIdentity"),
            (request(method="GET", query="Action=GetUser&Version=2010-05-08", scope="iam"), "query", "iam", "GetUser"),
            (request(FORM, body=b"Action=DescribeInstances&Version=2016-11-15", scope="ec2"), "ec2", "ec2", "DescribeInstances"),
            (request(method="GET", path="/v1/domain", query="domain=a", scope="codeartifact"), "rest-json", "codeartifact", "DescribeDomain"),
            (request(method="GET", path="/bucket/a/b", scope="s3"), "rest-xml", "s3", "GetObject"),
            (request(method="GET", path="/bucket", query="list-type=2&prefix=a", scope="s3"), "rest-xml", "s3", "ListObjectsV2"),
        ],
    )  # fmt: skip
    def test_finds_the_operation(self, given, protocol, service, operation):
        found = recognise(given)

        assert (found.protocol, found.service, found.name) == (protocol, service, operation)
        assert found.problem is None

    def test_takes_the_service_from_the_host_name(self):
        given = SignedRequest("POST", "/", "", [("host", "iam.devops.example"), FORM], b"Action=GetUser")

        assert recognise(given).service == "iam"

    @pytest.mark.parametrize(
        ("given", "protocol", "code"),
        [
            (request(("x-amz-target", "CodeCommit_20150413.Nonsense")), "json", "UnknownOperationException"),
            (request(("x-amz-target", "CodeCommit_20150413.CreateRepository")), "json", "UnknownOperationException"),
            (request(("x-amz-target", "DynamoDB_20120810.ListTables")), "json", "UnknownOperationException"),
            (request(FORM, body=b"Action=Nonsense&Version=2010-05-08", scope="iam"), "query", "InvalidAction"),
            (request(FORM, body=b"Action=CreateUser&Version=2010-05-08", scope="iam"), "query", "InvalidAction"),
            (request(FORM, body=b"Action=Publish&Version=2010-03-31", scope="sns"), "query", "InvalidAction"),
            (request(FORM, body=b"Version=2010-05-08", scope="iam"), "query", "MissingAction"),
            (request(("smithy-protocol", "rpc-v3")), "smithy-rpc-v2-cbor", "UnknownOperationException"),
            (request(("smithy-protocol", "rpc-v2-cbor"), path="/x"), "smithy-rpc-v2-cbor", "UnknownOperationException"),
            (request(method="GET", path="/nowhere", scope="codeartifact"), "rest-json", "UnknownOperationException"),
            (request(method="GET", path="/2015-03-31/functions", scope="lambda"), "rest-json", "UnknownOperationException"),
            (request(method="GET", path="/nowhere"), "json", "UnknownOperationException"),
        ],
    )  # fmt: skip
    def test_says_what_is_not_here_in_the_clients_protocol(self, given, protocol, code):
        found = recognise(given)

        assert (found.protocol, found.problem.code) == (protocol, code)


class TestAStranger:
    def test_of_ec2_is_answered_in_its_own_form(self, monkeypatch):
        monkeypatch.delitem(registry._services, "ec2")

        found = recognise(request(FORM, body=b"Action=DescribeInstances&Version=2016-11-15", scope="ec2"))

        assert (found.protocol, found.problem.code) == ("ec2", "InvalidAction")

    def test_of_another_form_service_is_answered_as_query(self):
        found = recognise(request(FORM, body=b"Action=ListTopics&Version=2010-03-31", scope="sns"))

        assert (found.protocol, found.problem.code) == ("query", "InvalidAction")


class TestAHeaderThatIsMadeToTakeTime:
    @pytest.mark.timeout(10)
    @pytest.mark.parametrize(
        "text",
        ["Credential=" * 5000, "Credential=/a/a/" * 4000, ",".join(f"{n:x}=" for n in range(13_000))],
    )
    def test_takes_none(self, text):
        headers = [
            ("host", "web"),
            ("authorization", f"AWS4-HMAC-SHA256 {text}"),
            ("x-amz-date", "20261121T000000Z"),
        ]
        request = SignedRequest("POST", "/", "Action=GetCallerIdentity", headers)

        assert signing_name(request) == ""
        with pytest.raises(Refused):
            claims.read(request)
