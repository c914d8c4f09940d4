"""Errors in each protocol's form, read back by botocore."""

import botocore.session
import pytest
from botocore import parsers
from botocore.awsrequest import HeadersDict
from django.db import OperationalError

from devopsweb.awsapi import calls, models, protocols, refusals, registry, sigv4
from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.problems import Malformed, Violation, Violations
from devopsweb.awsapi.recognise import Recognised
from devopsweb.kernel.errors import Conflict, Denied, Fault, Invalid, NotFound
from devopsweb.kernel.paging import InvalidToken

WHERE = {
    "json": ("codecommit", "GetRepository"),
    "smithy-rpc-v2-cbor": ("codepipeline", "GetPipeline"),
    "query": ("iam", "GetUser"),
    "ec2": ("ec2", "DescribeInstances"),
    "rest-json": ("codeartifact", "DescribeDomain"),
    "rest-xml": ("route53", "GetHostedZone"),
}


def given(protocol: str, service: str = "", name: str = "") -> Recognised:
    service, name = (service, name) if service else WHERE[protocol]
    model = models.load(service)
    return Recognised(protocol, service, name, model, model.operation(name))


def answer(error: Exception, of: Recognised) -> tuple[int, dict]:
    """Status, and the error as a client reads it."""
    response = calls._refuse(error, of, calls.Progress(), "0-1-2")
    parser = parsers.create_parser(of.protocol)
    told = {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body}
    return response.status, parser.parse(told, None)


def code(error: Exception, of: Recognised) -> tuple[int, str]:
    status, found = answer(error, of)
    return status, found["Error"]["Code"]


class TestEveryProtocol:
    @pytest.mark.parametrize(
        ("protocol", "status", "expected"),
        [
            ("json", 400, "AccessDeniedException"),
            ("smithy-rpc-v2-cbor", 400, "AccessDeniedException"),
            ("query", 403, "AccessDenied"),
            ("ec2", 403, "UnauthorizedOperation"),
            ("rest-json", 403, "AccessDeniedException"),
            ("rest-xml", 403, "AccessDenied"),
        ],
    )
    def test_says_that_access_is_denied(self, protocol, status, expected):
        found_status, found = answer(Denied("You may not <do> this & that."), given(protocol))

        assert (found_status, found["Error"]["Code"]) == (status, expected)
        assert found["Error"]["Message"] == "You may not <do> this & that."

    @pytest.mark.parametrize(
        ("protocol", "expected"),
        [
            ("json", (400, "UnrecognizedClientException")),
            ("smithy-rpc-v2-cbor", (400, "UnrecognizedClientException")),
            ("query", (403, "InvalidClientTokenId")),
            ("ec2", (401, "AuthFailure")),
            ("rest-json", (403, "UnrecognizedClientException")),
        ],
    )
    def test_says_that_the_key_is_unknown(self, protocol, expected):
        assert code(sigv4.Refused(sigv4.errors.UNKNOWN_KEY, "no"), given(protocol)) == expected

    @pytest.mark.parametrize(
        ("protocol", "expected"),
        [
            ("json", (400, "ThrottlingException")),
            ("query", (400, "Throttling")),
            ("ec2", (503, "RequestLimitExceeded")),
            ("rest-json", (429, "ThrottlingException")),
        ],
    )
    def test_says_that_it_was_too_much(self, protocol, expected):
        assert code(refusals.throttled(), given(protocol)) == expected

    @pytest.mark.parametrize("protocol", sorted(WHERE))
    def test_tells_of_our_own_mistakes_only_that_there_was_one(self, protocol):
        status, found = answer(ZeroDivisionError("secret detail"), given(protocol))

        assert status == 500
        assert "secret" not in str(found)

    @pytest.mark.parametrize("protocol", sorted(WHERE))
    def test_names_the_request(self, protocol):
        _, found = answer(Denied("no"), given(protocol))

        assert found["ResponseMetadata"].get("RequestId", "0-1-2") == "0-1-2"


class TestCodes:
    @pytest.mark.parametrize(
        ("error", "protocol", "expected"),
        [
            (Malformed("x"), "json", (400, "SerializationException")),
            (Malformed("x"), "query", (400, "MalformedInput")),
            (Violations([Violation("Path", "length", "x")]), "query", (400, "ValidationError")),
            (
                Violations([Violation("repositoryName", "null", "x")]),
                "json",
                (400, "RepositoryNameRequiredException"),
            ),
            (
                Violations([Violation("repositoryName", "length", "x")]),
                "json",
                (400, "InvalidRepositoryNameException"),
            ),
            (
                Violations([Violation("filter", "length", "x", "repositoryName")]),
                "json",
                (400, "InvalidRepositoryNameException"),
            ),
            (ParameterProblem("x"), "query", (400, "ValidationError")),
            (Invalid("x"), "smithy-rpc-v2-cbor", (400, "ValidationException")),
            (InvalidToken("x"), "json", (400, "InvalidContinuationTokenException")),
            (NotFound("x"), "query", (404, "NoSuchEntity")),
            (NotFound("x"), "rest-json", (404, "ResourceNotFoundException")),
            (Conflict("x"), "json", (400, "ConflictException")),
            (Fault("x"), "json", (503, "ServiceUnavailableException")),
            (OperationalError("locked"), "query", (503, "ServiceUnavailable")),
            (AwsError("NoSuchEntity", "x"), "query", (404, "NoSuchEntity")),
            (AwsError("NoSuchEntityException", "x"), "query", (404, "NoSuchEntity")),
            (AwsError("Peculiar", "x", status=418), "json", (418, "Peculiar")),
        ],
    )
    def test_follow_from_the_kind_of_error(self, error, protocol, expected):
        assert code(error, given(protocol)) == expected

    def test_are_the_services_own_where_it_names_one(self, monkeypatch):
        class Gone(NotFound):
            """Not there."""

        monkeypatch.setitem(registry.service("codecommit").errors, Gone, "RepositoryDoesNotExistException")

        assert code(Gone("x"), given("json")) == (400, "RepositoryDoesNotExistException")

    def test_of_logs_for_bad_parameters_are_its_own(self):
        of = given("json", "logs", "DescribeLogGroups")

        assert code(Violations([Violation("limit", "range", "x")]), of) == (400, "InvalidParameterException")

    def test_keep_the_query_spelling_where_clients_still_expect_it(self):
        of = given("smithy-rpc-v2-cbor", "cloudwatch", "DescribeAlarms")

        _, found = answer(AwsError("ResourceNotFound", "x"), of)

        assert found["Error"]["Code"] == "ResourceNotFound"
        assert (
            found["Error"]["QueryErrorCode"] == "ResourceNotFoundException"
            or found["Error"]["Type"] == "Sender"
        )

    def test_carry_further_members(self):
        model = botocore.session.get_session().get_service_model("codeartifact")
        of = given("rest-json")
        error = AwsError("ResourceNotFoundException", "gone", resourceId="d", resourceType="domain")
        response = protocols.of("rest-json").refuse(refusals.fault(error, of), of.model, "0")

        found = parsers.create_parser("rest-json").parse(
            {"status_code": response.status, "headers": HeadersDict(response.headers), "body": response.body},
            model.shape_for("ResourceNotFoundException"),
        )

        assert (found["resourceId"], found["resourceType"]) == ("d", "domain")
