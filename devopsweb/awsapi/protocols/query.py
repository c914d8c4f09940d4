"""The query protocol: a form with ``Action`` and ``Version`` in, XML out."""

from typing import Any

from devopsweb.awsapi.models import Model, OperationModel
from devopsweb.awsapi.problems import Response
from devopsweb.awsapi.protocols import forms
from devopsweb.awsapi.protocols.faults import Fault
from devopsweb.awsapi.protocols.xml_values import Writer, attribute, text
from devopsweb.awsapi.sigv4 import SignedRequest

XML = ("content-type", "text/xml")
_READER = forms.Reader(lambda shape, name: shape.location_name or name)


def parse(request: SignedRequest, body: bytes, operation: OperationModel) -> dict[str, Any]:
    """The parameters in the form. Raises ``Malformed``."""
    pairs = forms.fields(body, request.raw_query)
    return _READER.structure(operation.input, forms.tree(pairs)) if operation.input else {}


def answer(operation: OperationModel, result: dict[str, Any], request_id: str) -> Response:
    """A success."""
    writer = Writer()
    name = operation.name
    writer.pieces.append(f'<{name}Response xmlns="{attribute(operation.model.namespace)}">')
    if operation.output is not None:
        wrapper = operation.result_wrapper or f"{name}Result"
        writer.pieces.append(f"<{wrapper}>")
        writer.members(operation.output, result)
        writer.pieces.append(f"</{wrapper}>")
    writer.pieces.append(
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Response(200, writer.body(), [XML])


def refuse(fault: Fault, model: Model | None, request_id: str) -> Response:
    """An error."""
    body = (
        f'<ErrorResponse xmlns="{attribute(model.namespace if model else "")}"><Error><Type>{fault.type}</Type>'
        f"<Code>{text(fault.query_code)}</Code><Message>{text(fault.message)}</Message>{details(fault)}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Response(fault.status, body.encode(), [XML])


def details(fault: Fault) -> str:
    """The error's members besides its message."""
    if fault.shape is None:
        return ""
    writer = Writer()
    others = {name: value for name, value in fault.members_of_shape().items() if name.lower() != "message"}
    writer.members(fault.shape, others)
    return "".join(writer.pieces)
