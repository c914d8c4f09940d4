"""JSON 1.0 and 1.1: ``X-Amz-Target`` names the operation, the body holds its parameters."""

from typing import Any

from devopsweb.awsapi.models import Model, OperationModel
from devopsweb.awsapi.problems import Malformed, Response
from devopsweb.awsapi.protocols import json_values
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.sigv4 import SignedRequest


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters in ``body``. Raises ``Malformed``."""
    given = json_values.loads(body) if body.strip() else {}
    if not isinstance(given, dict):
        raise Malformed("Unexpected token: the request must be a JSON object.")
    found: dict[str, Any] = json_values.read(operation.input, given) if operation.input else {}
    return found


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    body = json_values.dumps(json_values.write(operation.output, result)) if operation.output else b""
    return Response(200, body, [("content-type", content_type(operation.model))])


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error."""
    headers = [("content-type", content_type(model)), ("x-amzn-errortype", fault.name)]
    return Response(fault.status, json_values.dumps({"__type": fault.name, **members(fault)}), headers)


def members(fault: Fault) -> dict[str, Any]:
    """The error's message and further members, named as its shape names them."""
    found = json_values.write(fault.shape, fault.members_of_shape()) if fault.shape else {}
    return found if {"message", "Message"} & set(found) else {"message": fault.message, **found}


def content_type(model: Model | None) -> str:
    """The content type of the model's version of JSON."""
    return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1') if model else '1.1'}"
