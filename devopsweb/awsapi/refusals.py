"""Errors of operations as clients of AWS expect them: code, status and sentence."""

from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError

from devopsweb.awsapi import outcomes, registry, sigv4
from devopsweb.awsapi.errors import AwsError, ParameterProblem
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Malformed, Violations
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.recognise import Recognised
from devopsweb.kernel import errors
from devopsweb.kernel.paging import InvalidToken

log = structlog.get_logger(__name__)

_FORMS = {"query", "ec2"}
_REST = {"rest-json", "rest-xml"}


@dataclass(frozen=True)
class Common:
    """An error that every service has, as the JSON and the query services spell it.

    ``status`` is that of query and REST services; ``json_status`` that of the others.
    """

    name: str
    query: str
    status: int
    json_status: int
    ec2: str = ""


COMMON = (
    Common("AccessDeniedException", "AccessDenied", 403, 400, ec2="UnauthorizedOperation"),
    Common("ThrottlingException", "Throttling", 400, 400, ec2="RequestLimitExceeded"),
    Common("ValidationException", "ValidationError", 400, 400, ec2="InvalidParameterValue"),
    Common("SerializationException", "MalformedInput", 400, 400),
    Common("UnknownOperationException", "InvalidAction", 400, 400),
    Common("RequestEntityTooLargeException", "RequestEntityTooLarge", 413, 413),
    Common("ServiceUnavailableException", "ServiceUnavailable", 503, 503, ec2="Unavailable"),
    Common("InternalFailure", "InternalFailure", 500, 500, ec2="InternalError"),
)
_COMMON = {spelling: one for one in COMMON for spelling in (one.name, one.query)}
# CloudWatch Logs says everything that is wrong with parameters in an error of its own.
_VALIDATION = {"logs": "InvalidParameterException"}
_NOT_FOUND = ("ResourceNotFoundException", "NoSuchEntity", "ResourceNotFound", "NotFoundException")
_CONFLICT = (
    "ConflictException",
    "ConcurrentModificationException",
    "ResourceInUseException",
    "OperationAbortedException",
    "InvalidRequestException",
    "InvalidStateException",
)  # fmt: skip
_BAD_TOKEN = (
    "InvalidNextTokenException",
    "InvalidContinuationTokenException",
    "InvalidNextToken",
    "InvalidPaginationTokenException",
)


def fault(error: Exception, given: Recognised) -> Fault:
    """``error`` as the protocol and the service of the request spell it; ours are logged."""
    if isinstance(error, sigv4.Refused):
        error = error.spelled(given.protocol, given.service)
    if isinstance(error, AwsError):
        return _spelled(error.code, str(error), given, status=error.status, **error.members)
    return _spelled(_code(error, given), _sentence(error), given)


def throttled() -> AwsError:
    """The refusal of a caller who asks too often."""
    return AwsError("ThrottlingException", "Rate exceeded")


def _code(error: Exception, given: Recognised) -> str:
    service = registry.find(given.service)
    if isinstance(error, Violations):
        return _code_of_violations(error, given)
    if isinstance(error, Malformed):
        return "SerializationException"
    if service and (named := service.code_of(error)):
        return named
    if isinstance(error, errors.Denied):
        return "AccessDeniedException"
    if isinstance(error, InvalidToken):
        return _first_of(_BAD_TOKEN, given) or _validation(given)
    if isinstance(error, errors.NotFound) and not isinstance(error, ParameterProblem):
        return _first_of(_NOT_FOUND, given) or _NOT_FOUND[0]
    if isinstance(error, errors.Conflict):
        return _first_of(_CONFLICT, given) or _CONFLICT[0]
    if isinstance(error, errors.Invalid):
        return _validation(given)
    if isinstance(error, (errors.Fault, OperationalError, InterfaceError)):
        log.warning("an operation found a component down", operation=given.name, error=str(error))
        return "ServiceUnavailableException"
    log.error("an operation failed", service=given.service, operation=given.name, exc_info=error)
    return "InternalFailure"


def _sentence(error: Exception) -> str:
    if isinstance(error, (errors.Denied, errors.Invalid, errors.Conflict, outcomes.Unaccountable)):
        return str(error)
    if isinstance(error, (errors.Fault, OperationalError, InterfaceError)):
        return "The service is unavailable for the moment. Please try again."
    return "The request processing has failed because of an unknown error, exception or failure."


def _validation(given: Recognised) -> str:
    return _VALIDATION.get(given.service, "ValidationException")


def _code_of_violations(error: Violations, given: Recognised) -> str:
    """Some services have errors for each parameter (``RepositoryNameRequiredException``), outer or inner."""
    first = error.found[0]
    service = registry.find(given.service)
    stated = service.violations.get((first.member, first.kind)) if service else None
    candidates = (
        [stated] if stated else [_own_error(name, first.kind) for name in (first.inner, first.member)]
    )
    named = given.operation.errors if given.operation else {}
    return next((code for code in candidates if code in named), _validation(given))


def _own_error(parameter: str, kind: str) -> str:
    noun = parameter[:1].upper() + parameter[1:]
    return f"{noun}RequiredException" if kind == "null" else f"Invalid{noun}Exception"


def _first_of(candidates: tuple[str, ...], given: Recognised) -> str:
    """The first of ``candidates`` that the operation names among its errors."""
    if given.operation is None or given.model is None:
        return ""
    own = given.operation.errors
    for code in candidates:
        shape = given.model.error(code)
        if shape is not None and shape.name in own:
            return code
    return ""


def _spelled(code: str, message: str, given: Recognised, *, status: int = 400, **members: object) -> Fault:
    common = _COMMON.get(code)
    shape = _shape(code, common, given)
    if shape is not None:
        name, query = shape.name, str(shape.error.get("code") or shape.name)
        if common is not None:
            query = query if shape.error.get("code") else common.query
        status = _status(shape, common, given, status)
    elif common is not None:
        name, query, status = common.name, common.query, _common_status(common, given)
        if given.protocol == "ec2" and common.ec2:
            query = common.ec2
    else:
        name = query = code
    return Fault(
        name=name,
        query_code=query,
        message=message,
        status=status,
        by_server=status >= 500,
        shape=shape,
        members=members,
    )


def _shape(code: str, common: Common | None, given: Recognised) -> Shape | None:
    if given.model is None:
        return None
    return given.model.error(code) or (given.model.error(common.name) if common else None)


def _status(shape: Shape, common: Common | None, given: Recognised, fallback: int) -> int:
    if stated := shape.error.get("httpStatusCode"):
        return int(stated)
    if shape.traits.get("fault"):
        return 500
    return _common_status(common, given) if common else fallback


def _common_status(common: Common, given: Recognised) -> int:
    if common.name == "ThrottlingException":
        return 503 if given.protocol == "ec2" else 429 if given.protocol in _REST else 400
    return common.status if given.protocol in _FORMS | _REST else common.json_status
