"""A boto3 client without a server: requests are signed by botocore and answered by the real door in this process."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials

from devopsweb.awsapi import calls, models, outcomes
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Response
from devopsweb.awsapi.sigv4 import SignedRequest
from devopsweb.iam.models import AccessKey, User
from devopsweb.kernel import ids, sealing
from devopsweb.kernel.principals import Principal

ENDPOINT = "http://devopsweb.test"
_CONFIG = Config(parameter_validation=False, retries={"max_attempts": 0}, inject_host_prefix=False)


class Local:
    """Calls operations as one caller: ``aws(user)("codecommit", "GetRepository", repositoryName="x")``."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    def __call__(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """The answer as boto3 gives it. Raises ``botocore.exceptions.ClientError``.

        Fails when the operation's result does not have the shape of its model.
        """
        client = client_of(service)
        client._request_signer._credentials = self.credentials
        _problems.clear()
        try:
            answer = client._make_api_call(operation, params)
        finally:
            assert not _problems, f"{service} {operation}: " + "; ".join(_problems)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def aws(caller: Any) -> Local:
    """Calls as a user (who gets an access key) or a user's principal, or with botocore's ``Credentials``."""
    if isinstance(caller, Principal):
        caller = User.objects.get(pk=caller.user_id)
    return Local(caller if isinstance(caller, Credentials) else access_key(caller))


def access_key(user: User) -> Credentials:
    """A key of the user's own, made on first use."""
    found = AccessKey.objects.filter(user=user, is_active=True).first()
    if found is None:
        found = AccessKey.objects.create(
            id=f"AKIA{ids.readable(16)}",
            user=user,
            sealed_secret=sealing.seal(ids.readable(40)),
            created_at=datetime.now(UTC),
        )
    return Credentials(found.id, found.secret)


@lru_cache(maxsize=64)
def client_of(service: str) -> BaseClient:
    """One client for each service, whose requests never leave this process; making one is slow."""
    session = botocore.session.get_session()
    session.set_config_variable("region", "us-east-1")
    client = session.create_client(
        service,
        endpoint_url=ENDPOINT,
        aws_access_key_id="unused",
        aws_secret_access_key="unused",
        config=_CONFIG,
    )
    client.meta.events.register("before-send.*", lambda request, **_: answer(request))
    return client


def answer(prepared: AWSPreparedRequest) -> AWSResponse:
    """What the door answers to a request of botocore."""
    response = calls.handle(request_of(prepared), calls.Connection(source_ip="127.0.0.1"))
    return AWSResponse(prepared.url, response.status, dict(response.headers), _Raw(response))


def request_of(prepared: AWSPreparedRequest) -> SignedRequest:
    """A request of botocore as a server reads it."""
    address = urlsplit(prepared.url)
    headers = [(name.lower(), _text(value)) for name, value in prepared.headers.items()]
    if "host" not in dict(headers):
        headers.append(("host", address.netloc))
    body = prepared.body or b""
    if hasattr(body, "read"):
        body = body.read()
    return SignedRequest(
        method=prepared.method,
        raw_path=address.path or "/",
        raw_query=address.query,
        headers=headers,
        body=body.encode() if isinstance(body, str) else bytes(body),
    )


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class _Raw(io.BytesIO):
    """The body as urllib3 would hand it over."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body)

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self.getvalue()


_problems: list[str] = []
_KINDS: dict[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": (list, tuple),
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
    "blob": bytes,
}


@outcomes.observe
def _check_result(outcome: outcomes.Outcome) -> None:
    """What an operation returned, compared with the shape of its output."""
    operation = models.load(outcome.call.service).operation(outcome.call.operation)
    if outcome.error_code == "InternalFailure":
        _problems.append(f"InternalFailure: {outcome.error_message}")
    if outcome.result and operation is not None:
        if operation.output is None:
            _problems.append(f"it has no output, but returned {outcome.result!r}")
        else:
            _problems.extend(problems_of(operation.output, outcome.result, "result"))


def problems_of(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Where ``value`` does not have the shape of the model."""
    if shape.is_document or value is None:
        return
    if not isinstance(value, _KINDS[shape.type]) or (shape.type != "boolean" and isinstance(value, bool)):
        yield f"{path} is {type(value).__name__}, the model says {shape.type}"
    elif shape.type == "structure":
        yield from (f"{path}.{name} is not in the model" for name in value.keys() - shape.members.keys())
        for name in value.keys() & shape.members.keys():
            yield from problems_of(shape.members[name], value[name], f"{path}.{name}")
    elif shape.type == "list":
        for number, item in enumerate(value):
            yield from problems_of(shape.element, item, f"{path}[{number}]")
    elif shape.type == "map":
        for key, item in value.items():
            yield from problems_of(shape.value, item, f"{path}[{key!r}]")
    elif shape.type == "timestamp" and value.tzinfo is None:
        yield f"{path} is a datetime without time zone"
