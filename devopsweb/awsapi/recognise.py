"""Which operation of which service a request asks for, as AWS's endpoints tell.

In order: Smithy's RPC path, ``X-Amz-Target``, ``Action`` of a form, method and path of a REST service.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from devopsweb.awsapi import models, registry
from devopsweb.awsapi.errors import AwsError
from devopsweb.awsapi.models import Model, OperationModel
from devopsweb.awsapi.protocols import rest
from devopsweb.awsapi.registry import Operation
from devopsweb.awsapi.sigv4 import SignedRequest

_RPC_PATH = re.compile(r"/service/([A-Za-z0-9_.]+)/operation/([A-Za-z0-9_]+)/?")
# One step through the header, however often it repeats itself: strangers write it.
_CREDENTIAL = re.compile(r"Credential=([^,\s]{0,1000})")
_SERVICE = re.compile(r"[A-Za-z0-9_-]+")
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9_.-]{1,128})(?=&|$)")
_VERSION = re.compile(rb"(?:^|&)Version=([0-9-]{1,20})(?=&|$)")


@dataclass(frozen=True)
class Recognised:
    """What a request asks for, as far as it could be told; ``problem`` says why it goes no further.

    ``protocol`` is how to answer, also when nothing else is known.
    """

    protocol: str
    service: str = ""
    name: str = ""
    model: Model | None = None
    operation: OperationModel | None = None
    registered: Operation | None = None
    problem: AwsError | None = None


def recognise(request: SignedRequest) -> Recognised:
    """What ``request`` asks for."""
    if request.header("smithy-protocol"):
        return _rpc(request)
    if target := request.header("x-amz-target"):
        return _targeted(target)
    if found := _form(request):
        return found
    return _by_path(request)


def signing_name(request: SignedRequest) -> str:
    """The service in the scope of the request's signature, whatever the signature is worth."""
    scope = request.header("authorization")
    if not scope and "X-Amz-Credential" in request.raw_query:
        scope = f"Credential={request.parameter('X-Amz-Credential')}"
    found = _CREDENTIAL.search(scope)
    parts = found[1].rsplit("/", 4) if found else []
    is_scope = len(parts) == 5 and parts[4] == "aws4_request" and _SERVICE.fullmatch(parts[3])
    return parts[3] if is_scope else ""


def _rpc(request: SignedRequest) -> Recognised:
    protocol = "smithy-rpc-v2-cbor"
    if request.header("smithy-protocol") != "rpc-v2-cbor":
        return Recognised(protocol, problem=_unknown_operation("This Smithy protocol is not spoken here."))
    found = _RPC_PATH.fullmatch(request.raw_path)
    if found is None or request.method != "POST":
        return Recognised(protocol, problem=_unknown_operation("The path names no operation."))
    return _operation(
        protocol, _services_by_target().get(found[1].rpartition(".")[2], ""), found[2], found[1]
    )


def _targeted(target: str) -> Recognised:
    prefix, _, name = target.rpartition(".")
    return _operation("json", _services_by_target().get(prefix, ""), name[:128], prefix[:128])


def _operation(protocol: str, service: str, name: str, asked: str) -> Recognised:
    if not service:
        return Recognised(
            protocol, problem=_unknown_operation(f"DevOpsWeb does not serve {asked or 'this service'}.")
        )
    model = models.load(service)
    operation = model.operation(name)
    if operation is None or protocol not in model.protocols:
        return Recognised(protocol, service, name, model, problem=_unknown_operation(""))
    return _registered(protocol, service, model, operation)


def _registered(protocol: str, service: str, model: Model, operation: OperationModel) -> Recognised:
    ours = registry.find(service)
    registered = ours.operations.get(operation.name) if ours else None
    problem = None if registered else _absent(protocol, service, operation.name)
    return Recognised(protocol, service, operation.name, model, operation, registered, problem)


def _absent(protocol: str, service: str, name: str) -> AwsError:
    sentence = f"DevOpsWeb does not have the operation {name} of {service}; see docs/aws/{service}.md."
    if protocol in {"query", "ec2"}:
        return AwsError("InvalidAction", sentence)
    return _unknown_operation(sentence)


def _unknown_operation(sentence: str) -> AwsError:
    return AwsError("UnknownOperationException", sentence)


def _form(request: SignedRequest) -> Recognised | None:
    action = version = ""
    texts = [request.raw_query.encode("latin-1", "replace")]
    is_form = _is_form(request)
    if is_form:
        texts.append(request.body)
    for text in texts:
        if not action and (found := _ACTION.search(text)):
            action = found[1].decode()
        if not version and (found := _VERSION.search(text)):
            version = found[1].decode()
    if not action and not (is_form and request.raw_path == "/"):
        return None
    return _named(action, version, signing_name(request) or _host_name(request))


def _is_form(request: SignedRequest) -> bool:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    return request.method == "POST" and kind == "application/x-www-form-urlencoded"


def _named(action: str, version: str, scope: str) -> Recognised:
    services = [name for name in _query_services() if not version or _version(name) == version]
    scoped = [name for name in services if scope in _names(name)]
    fitting = scoped or ([] if scope else [name for name in services if models.load(name).operation(action)])
    if len(fitting) != 1:
        return Recognised(_form_of_stranger(scope), problem=_no_such_service(action, version, scope))
    service = fitting[0]
    model = models.load(service)
    protocol = "ec2" if "ec2" in model.protocols else "query"
    if not action:
        problem = AwsError("MissingAction", "The request must contain the parameter Action.")
        return Recognised(protocol, service, "", model, problem=problem)
    operation = model.operation(action)
    if operation is None:
        problem = AwsError(
            "InvalidAction", f"Could not find operation {action} for version {_version(service)}"
        )
        return Recognised(protocol, service, action, model, problem=problem)
    return _registered(protocol, service, model, operation)


def _form_of_stranger(scope: str) -> str:
    """How clients of a service that we don't have, and that speaks by forms, want to be answered."""
    return (
        "ec2" if scope and models.exists(scope) and models.metadata(scope)["protocol"] == "ec2" else "query"
    )


def _no_such_service(action: str, version: str, scope: str) -> AwsError:
    if scope and not any(scope in _names(name) for name in _query_services()):
        return AwsError("InvalidAction", f"DevOpsWeb does not serve {scope} by forms.")
    return AwsError(
        "InvalidAction", f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"
    )


def _host_name(request: SignedRequest) -> str:
    """``codecommit`` of the host ``codecommit.us-east-1.example.org``."""
    label = request.header("host").partition(".")[0].lower()
    return label if any(label in _names(one.name) for one in registry.services()) else ""


def _by_path(request: SignedRequest) -> Recognised:
    scope = signing_name(request) or _host_name(request)
    services = [
        one.name
        for one in registry.services()
        if scope in _names(one.name) and models.metadata(one.name)["protocol"].startswith("rest-")
    ]
    for service in services:
        model = models.load(service)
        protocol = next(name for name in model.protocols if name.startswith("rest-"))
        name = rest.route(model, request.method, request.raw_path, request.raw_query)
        operation = model.operation(name) if name else None
        if operation is None:
            return Recognised(protocol, service, "", model, problem=_unknown_operation(""))
        return _registered(protocol, service, model, operation)
    sentence = (
        f"DevOpsWeb does not serve {scope}."
        if scope and not any(scope in _names(one.name) for one in registry.services())
        else "The request names no operation."
    )
    return Recognised(_protocol_of_stranger(scope), problem=_unknown_operation(sentence))


def _protocol_of_stranger(scope: str) -> str:
    """How clients of a service that we don't have want to be answered."""
    protocol = str(models.metadata(scope)["protocol"]) if scope and models.exists(scope) else ""
    return protocol if protocol.startswith("rest-") else "json"


@lru_cache(maxsize=1)
def _targets(count: int) -> dict[str, str]:
    found = {}
    for one in registry.services():
        prefix = models.metadata(one.name).get("targetPrefix")
        if prefix:
            found[prefix] = one.name
    return found


def _services_by_target() -> dict[str, str]:
    # The number of services is the key: they only grow, while applications start.
    return _targets(len(registry.services()))


def _query_services() -> list[str]:
    return [one.name for one in registry.services() if {"query", "ec2"} & set(_protocols(one.name))]


def _protocols(service: str) -> tuple[str, ...]:
    given = models.metadata(service)
    return tuple(given.get("protocols") or [given["protocol"]])


def _version(service: str) -> str:
    return str(models.metadata(service)["apiVersion"])


@lru_cache(maxsize=512)
def _names(service: str) -> frozenset[str]:
    """Signing name and host name of a service."""
    given = models.metadata(service)
    return frozenset({given.get("signingName") or given["endpointPrefix"], given["endpointPrefix"]})
