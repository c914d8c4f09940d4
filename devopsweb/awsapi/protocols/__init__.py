"""One module for each of AWS's protocols; each reads a request and writes an answer or an error.

They have the same three functions: ``parse(request, body, operation)``, ``answer(operation, result,
request_id)`` and ``refuse(fault, model, request_id)``.
"""

from types import ModuleType

from devopsweb.awsapi.protocols import cbor, ec2, json, query, rest_json, rest_xml

_MODULES = {
    "json": json,
    "query": query,
    "ec2": ec2,
    "rest-json": rest_json,
    "rest-xml": rest_xml,
    "smithy-rpc-v2-cbor": cbor,
}


def of(name: str) -> ModuleType:
    """The module of the protocol that botocore calls ``name``."""
    return _MODULES[name]
