"""One call, from the bytes of the request to those of the answer. Everything here may block.

Order: recognise, authenticate, throttle, parse, validate, call, serialise, tell the outcome.
"""

import contextlib
import re
import uuid
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import Any

import structlog
from django.conf import settings

from devopsweb.awsapi import outcomes, protocols, recognise, refusals, sigv4, tags, throttle, validate
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.models import OperationModel
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.recognise import Recognised
from devopsweb.awsapi.registry import Call, Operation
from devopsweb.awsapi.sigv4 import SignedRequest
from devopsweb.kernel import clock
from devopsweb.kernel.principals import ANONYMOUS, Principal

log = structlog.get_logger(__name__)

# Never more than looks like a key's id: a secret may have been put in its place.
_CLAIMED_KEY = re.compile(r"Credential=(A[KS]IA[A-Z0-9]{12,28})(?:/|%2F)", re.IGNORECASE)
# A token has at most 20,000 characters; to read megabytes of a form takes seconds.
LONGEST_OF_STRANGERS = 64 << 10
_READS = ("Get", "List", "Describe", "BatchGet", "Lookup", "Search", "Simulate", "Filter", "Test", "Validate")


@dataclass(frozen=True)
class Connection:
    """What is known of a request besides its content."""

    source_ip: str = ""
    scheme: str = "http"


@dataclass
class Progress:
    """How far a call has come; for the outcome of one that fails."""

    call: Call | None = None
    params: dict[str, Any] | None = None


_surroundings: list[Callable[[], AbstractContextManager[Any]]] = []


def surround(manager: Callable[[], AbstractContextManager[Any]]) -> None:
    """Run every call within ``manager()`` from now on (what an upper app keeps for one request)."""
    if manager not in _surroundings:
        _surroundings.append(manager)


def handle(request: SignedRequest, connection: Connection) -> Response:
    """The answer to ``request``. Never raises."""
    request_id, at, request = str(uuid.uuid4()), clock.now(), request.plain()
    given = Recognised("json")
    progress = Progress()
    try:
        given = recognise.recognise(request)
        with contextlib.ExitStack() as stack:
            for manager in _surroundings:
                stack.enter_context(manager())
            response = _serve(request, connection, given, progress, request_id, at)
    except Exception as error:  # noqa: BLE001  (the door answers whatever happens)
        if isinstance(error, sigv4.Refused):
            progress.call = _stranger(request, connection, given, request_id, at)
        response = _refuse(error, given, progress, request_id)
    response.headers.append(("x-amzn-requestid", request_id))
    return response


def is_read_only(operation: Operation) -> bool:
    """Whether an operation changes nothing, by its registration or by its name."""
    return operation.name.startswith(_READS) if operation.read_only is None else operation.read_only


def _serve(
    request: SignedRequest,
    connection: Connection,
    given: Recognised,
    progress: Progress,
    request_id: str,
    at: datetime,
) -> Response:
    context = _context(request, connection)
    principal, access_key_id, body = _authenticate(request, given, at, context)
    share = 1.0 if access_key_id else throttle.OF_STRANGERS
    if throttle.is_too_much(principal.arn or connection.source_ip, given.service, share=share):
        raise refusals.throttled()
    progress.call = call = Call(
        service=given.service,
        operation=given.name,
        principal=principal,
        request_id=request_id,
        at=at,
        source_ip=connection.source_ip,
        user_agent=context.get("aws:UserAgent", ""),
        access_key_id=access_key_id,
        base_url=f"{connection.scheme}://{request.header('host')}",
    )
    if given.problem is not None:
        raise given.problem
    if given.operation is None or given.registered is None:
        raise AwsError("UnknownOperationException", "The request names no operation.")
    operation, registered = given.operation, given.registered
    protocol = protocols.of(given.protocol)
    progress.params = _parse(
        protocol, request, _inflated(request, body, registered, signed=bool(access_key_id)), operation
    )
    validate.check(operation.input, progress.params)
    if not is_read_only(registered):
        outcomes.before_change(call.service, call.operation)
    result = registered.function(_with_tags(call, progress.params), progress.params) or {}
    response: Response = protocol.answer(operation, result, request_id)
    _tell(given, progress, result=result)
    return response


def _with_tags(call: Call, params: dict[str, Any]) -> Call:
    """The call of a principal who brings the tags of the parameters to every question about the service."""
    facts = tags.brought(call.operation, params)
    return replace(call, principal=replace(call.principal, brings={call.service: facts})) if facts else call


def _parse(
    protocol: ModuleType, request: SignedRequest, body: bytes, operation: OperationModel
) -> dict[str, Any]:
    try:
        found: dict[str, Any] = protocol.parse(request, body, operation)
    except RecursionError:
        raise Malformed("The request is nested too deeply.") from None
    return found


def _context(request: SignedRequest, connection: Connection) -> dict[str, str]:
    found = {
        "aws:SourceIp": connection.source_ip,
        "aws:SecureTransport": "true" if connection.scheme == "https" else "false",
        "aws:UserAgent": request.header("user-agent"),
        "aws:Referer": request.header("referer"),
    }
    return {name: value for name, value in found.items() if value}


def _authenticate(
    request: SignedRequest, given: Recognised, at: datetime, context: Mapping[str, str]
) -> tuple[Principal, str, bytes]:
    """Who calls, with which key, and the payload. Raises ``sigv4.Refused``."""
    if given.registered is not None and given.registered.unsigned and not sigv4.is_signed(request):
        anonymous = Principal(arn=ANONYMOUS.arn, name=ANONYMOUS.name, kind=ANONYMOUS.kind, session=context)
        return anonymous, "", request.body
    services = {given.model.signing_name} if given.model is not None else None
    caller = sigv4.verify(request, at, services=services, context=context)
    return caller.principal, caller.access_key_id, caller.body


def _inflated(request: SignedRequest, body: bytes, registered: Operation, *, signed: bool) -> bytes:
    """The body as it was before the client compressed it, within the operation's limit."""
    limit = registered.body_limit or settings.DEVOPSWEB_API_BODY_LIMIT
    if not signed:
        limit = LONGEST_OF_STRANGERS
    encoding = request.header("content-encoding").lower().replace("aws-chunked", "").strip(", ")
    if encoding == "gzip":
        inflater = zlib.decompressobj(31)
        try:
            body = inflater.decompress(body, limit + 1)
        except zlib.error:
            raise Malformed("The gzip'd body is damaged.") from None
    elif encoding not in {"", "identity"}:
        raise Malformed(f"The content encoding {encoding[:40]!r} is not understood.")
    if len(body) > limit:
        raise AwsError("RequestEntityTooLargeException", f"The request is larger than {limit} bytes.")
    return body


def _refuse(error: Exception, given: Recognised, progress: Progress, request_id: str) -> Response:
    fault = refusals.fault(error, given)
    if isinstance(error, sigv4.Refused):
        log.info("signature refused", service=given.service, operation=given.name, code=fault.name)
    _tell(given, progress, fault=fault, unproven=isinstance(error, sigv4.Refused))
    response: Response = protocols.of(given.protocol).refuse(fault, given.model, request_id)
    if given.model is not None and given.model.is_query_compatible and given.protocol not in {"query", "ec2"}:
        response.headers.append(("x-amzn-query-error", f"{fault.query_code};{fault.type}"))
    return response


def _stranger(
    request: SignedRequest, connection: Connection, given: Recognised, request_id: str, at: datetime
) -> Call:
    """The call of somebody who did not prove who they are; the key is the one that they name."""
    claimed = _CLAIMED_KEY.search(request.header("authorization") or request.raw_query)
    return Call(
        service=given.service,
        operation=given.name,
        principal=ANONYMOUS,
        request_id=request_id,
        at=at,
        source_ip=connection.source_ip,
        user_agent=request.header("user-agent"),
        access_key_id=claimed[1] if claimed else "",
        base_url=f"{connection.scheme}://{request.header('host')}",
    )


def _tell(
    given: Recognised,
    progress: Progress,
    *,
    result: dict[str, Any] | None = None,
    fault: Fault | None = None,
    unproven: bool = False,
) -> None:
    """Tell whoever keeps account. What was done stands, even if nobody could write it down."""
    if progress.call is None or given.registered is None or given.operation is None:
        return
    by_form = given.protocol in {"query", "ec2"}
    try:
        outcomes.tell(
            outcomes.Outcome(
                call=progress.call,
                read_only=is_read_only(given.registered),
                params=progress.params,
                result=result,
                error_code="" if fault is None else fault.query_code if by_form else fault.name,
                error_message="" if fault is None else fault.message,
                api_version=str(given.operation.model.metadata["apiVersion"]),
                signing_name=given.operation.model.signing_name,
                hidden=given.operation.hidden,
                unproven=unproven,
            )
        )
    except Exception:  # whatever a listener raises: the caller's answer is decided
        log.exception("the outcome of a call was not noted", service=given.service, operation=given.name)
