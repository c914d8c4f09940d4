"""REST with JSON bodies."""

from typing import Any

from devopsweb.awsapi.models import Model, OperationModel, Shape
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols import json_values, rest
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.sigv4 import SignedRequest

_JSON = "application/json"


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters of ``request``. Raises ``Malformed``."""
    return rest.parameters(operation, request, _read, body)


def _read(shape: Shape, body: bytes) -> Any:
    given = json_values.loads(body) if body.strip() else {}
    if shape.type == "structure" and not shape.is_document and not isinstance(given, dict):
        raise Malformed("Unexpected token: the request must be a JSON object.")
    return json_values.read(shape, given)


def _write(shape: Shape, value: Any) -> bytes:
    return json_values.dumps(json_values.write(shape, value))


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    return rest.response(operation, result, _write, _JSON)


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error."""
    found: dict[str, Any] = {}
    headers = [("content-type", _JSON), ("x-amzn-errortype", fault.name)]
    if fault.shape is not None:
        members = fault.members_of_shape()
        found = json_values.write(fault.shape, rest.in_body(fault.shape, members))
        headers += rest.located_headers(fault.shape, members)
    if not {"message", "Message"} & set(found):
        found = {"message": fault.message, **found}
    return Response(fault.status, json_values.dumps(found), headers)
