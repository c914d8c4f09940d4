"""Every protocol against botocore's own serialisers and parsers, over whole models."""

import io
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from botocore import parsers, serialize
from botocore.awsrequest import prepare_request_dict

from devopsweb.awsapi import models, protocols
from devopsweb.awsapi.sigv4 import SignedRequest
from tests.awsapi.from_models import Maker

WHOLE = [
    ("json", "codecommit"),
    ("json", "ssm"),
    ("json", "logs"),
    ("query", "iam"),
    ("query", "sts"),
    ("query", "cloudwatch"),
    ("query", "sns"),
    ("query", "elbv2"),
    ("ec2", "ec2"),
    ("rest-json", "xray"),
    ("rest-json", "codeartifact"),
    ("rest-json", "lambda"),
    ("rest-xml", "cloudfront"),
    ("rest-xml", "route53"),
    ("smithy-rpc-v2-cbor", "cloudwatch"),
    ("smithy-rpc-v2-cbor", "codepipeline"),
    ("smithy-rpc-v2-cbor", "codebuild"),
]


def client_model(service: str):
    return botocore.session.get_session().get_service_model(service)


def sent(protocol: str, model, name: str, params: dict) -> SignedRequest:
    """The request that botocore sends."""
    operation = model.operation_model(name)
    made = serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
        params, operation
    )
    made["context"] = {}
    prepare_request_dict(made, "http://devopsweb.test", {})
    path, _, query = made["url"].removeprefix("http://devopsweb.test").partition("?")
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True)
    if hasattr(body, "read"):
        body = body.read()
    headers = [(key.lower(), str(value)) for key, value in made["headers"].items()]
    return SignedRequest(
        made["method"], path or "/", query, headers, body.encode() if isinstance(body, str) else bytes(body)
    )


def plain(value: Any) -> Any:
    """Without empty lists, maps and structures, which some protocols cannot say; moments in UTC."""
    if isinstance(value, dict):
        found = {key: plain(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item not in ({}, [], b"")}
    if isinstance(value, list):
        return [found for item in value if (found := plain(item)) not in ({}, [], b"")]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.read() if hasattr(value, "read") else value


@pytest.mark.parametrize(("protocol", "service"), WHOLE)
class TestEveryOperation:
    def test_reads_what_botocore_writes(self, protocol, service):
        ours, theirs = models.load(service), client_model(service)

        for number, name in enumerate(ours.names):
            operation = ours.operation(name)
            if operation.input is None or operation.has_event_stream:
                continue
            params = Maker(number, full=True).value(operation.input)
            request = sent(protocol, theirs, name, params)

            found = protocols.of(protocol).parse(request, request.body, operation)

            assert plain(found) == plain(params), name

    def test_writes_what_botocore_reads(self, protocol, service):
        ours, theirs = models.load(service), client_model(service)
        parser = parsers.create_parser(protocol)

        for number, name in enumerate(ours.names):
            operation = ours.operation(name)
            if operation.output is None or operation.has_event_stream:
                continue
            result = Maker(number, full=True).value(operation.output)
            answer = protocols.of(protocol).answer(operation, result, "id")
            streams = theirs.operation_model(name).has_streaming_output
            found = parser.parse(
                {
                    "status_code": answer.status,
                    "headers": botocore.awsrequest.HeadersDict(answer.headers),
                    "body": io.BytesIO(answer.body) if streams else answer.body,
                },
                theirs.operation_model(name).output_shape,
            )
            found.pop("ResponseMetadata", None)

            assert plain(found) == plain(result), name
