"""Requests that no client library would send, signed all the same."""

import html
import json
import re
from typing import Any
from urllib.parse import urlencode

import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from devopsweb.awsapi import calls, models
from devopsweb.awsapi.problems import Response
from tests.awsapi.local import ENDPOINT, request_of


def call(credentials: Credentials, service: str, name: str, params: Any, protocol: str = "") -> Response:
    """The answer to an operation with whatever parameters, in the service's first protocol."""
    protocol = protocol or models.load(service).protocols[0]
    return send(
        credentials, service, body_of(service, name, params, protocol), **address(service, name, protocol)
    )


def send(
    credentials: Credentials,
    service: str,
    body: bytes,
    *,
    path: str = "/",
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to these bytes, signed for ``service``."""
    request = AWSRequest(method, ENDPOINT + path, headers=headers or {}, data=body)
    SigV4Auth(credentials, models.load(service).signing_name, "us-east-1").add_auth(request)
    return calls.handle(request_of(request.prepare()), calls.Connection(source_ip="127.0.0.1"))


def address(service: str, name: str, protocol: str) -> dict[str, Any]:
    """Path and headers of an operation."""
    target = models.load(service).metadata.get("targetPrefix", "")
    if protocol == "smithy-rpc-v2-cbor":
        headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
        return {"path": f"/service/{target}/operation/{name}", "headers": headers}
    if protocol == "json":
        return {"headers": {"x-amz-target": f"{target}.{name}", "content-type": "application/x-amz-json-1.1"}}
    return {"headers": {"content-type": "application/x-www-form-urlencoded"}}


def body_of(service: str, name: str, params: Any, protocol: str) -> bytes:
    """The parameters, however wrong, as the protocol writes such things."""
    if protocol == "smithy-rpc-v2-cbor":
        return cbor2.dumps(params)
    if protocol == "json":
        return json.dumps(params).encode()
    version = models.load(service).metadata["apiVersion"]
    return "&".join([f"Action={name}", f"Version={version}", *_fields(params)]).encode()


def form(fields: dict[str, Any]) -> bytes:
    """Fields as botocore's serialisers give them, as a form."""
    return urlencode(fields).encode()


def _fields(params: dict[str, Any]) -> list[str]:
    return [
        f"{name}.{next(iter(value))}.deep=1" if isinstance(value, dict) else f"{name}={value}"
        for name, value in params.items()
    ]


def code(answer: Response) -> str:
    """The error's code in any of the forms, as clients read it."""
    if told := dict(answer.headers).get("x-amzn-query-error"):
        return told.partition(";")[0]
    if not answer.body:
        return ""
    kind = dict(answer.headers).get("content-type", "")
    if "cbor" in kind:
        return cbor2.loads(answer.body).get("__type", "")
    if "json" in kind:
        return json.loads(answer.body).get("__type", "") or dict(answer.headers).get("x-amzn-errortype", "")
    found = re.search(rb"<Code>([^<]+)</Code>", answer.body)
    return found[1].decode() if found else ""


def message(answer: Response) -> str:
    """The error's sentence in any of the forms."""
    kind = dict(answer.headers).get("content-type", "")
    if "cbor" in kind or "json" in kind:
        told = cbor2.loads(answer.body) if "cbor" in kind else json.loads(answer.body)
        return told.get("message") or told.get("Message", "")
    found = re.search("<Message>(.*)</Message>", answer.body.decode(), re.DOTALL)
    return html.unescape(found[1]) if found else ""
