"""EC2's dialect of the query protocol."""

from typing import Any

from devopsweb.awsapi.models import Model, OperationModel, Shape
from devopsweb.awsapi.problems import Response
from devopsweb.awsapi.protocols import forms
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.protocols.query import XML, details
from devopsweb.awsapi.protocols.xml_values import Writer, attribute, text
from devopsweb.awsapi.sigv4 import SignedRequest


def _name_of(shape: Shape, name: str) -> str:
    query_name: str = shape.traits.get("queryName", "")
    wire = shape.location_name
    return query_name or (wire[0].upper() + wire[1:] if wire else name)


_READER = forms.Reader(_name_of, all_lists_flat=True)


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters in the form. Raises ``Malformed``."""
    pairs = forms.fields(body, request.raw_query)
    return _READER.structure(operation.input, forms.tree(pairs)) if operation.input else {}


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    writer = Writer()
    writer.pieces.append(
        f'<{operation.name}Response xmlns="{attribute(operation.model.namespace)}">'
        f"<requestId>{request_id}</requestId>"
    )
    if operation.output is not None:
        writer.members(operation.output, result)
    writer.pieces.append(f"</{operation.name}Response>")
    return Response(200, writer.body(), [XML])


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error."""
    body = (
        f"<Response><Errors><Error><Code>{text(fault.query_code)}</Code><Message>{text(fault.message)}</Message>"
        f"{details(fault)}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    )
    return Response(fault.status, body.encode(), [XML])
