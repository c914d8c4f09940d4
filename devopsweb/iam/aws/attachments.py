"""What users, groups and roles may do: attached and inline policies, and boundaries.

The operations differ by the kind of the identity alone, so each is written once.
"""

from typing import Any

from devopsweb.awsapi.registry import Call, Params, Result
from devopsweb.iam import access, queries
from devopsweb.iam.actions import boundaries, inline, policies
from devopsweb.iam.aws import shapes
from devopsweb.iam.aws.shapes import ENTITIES, iam, read_document
from devopsweb.iam.models import Role, User

Kind = str


def _name(kind: Kind, params: Params) -> str:
    return str(params[f"{kind.capitalize()}Name"])


def attach(kind: Kind, call: Call, params: Params) -> Result:
    """Attach a managed policy."""
    arn = params["PolicyArn"]
    target = access.target(call.principal, kind, _name(kind, params), "Attach", {"iam:PolicyARN": arn})
    inline.refuse_linked(target)
    policies.attach(policy=access.attachable_policy(arn), to=target, by=call.principal, at=call.at)
    return None


def detach(kind: Kind, call: Call, params: Params) -> Result:
    """Detach a managed policy."""
    arn = params["PolicyArn"]
    target = access.target(call.principal, kind, _name(kind, params), "Detach", {"iam:PolicyARN": arn})
    inline.refuse_linked(target)
    policies.require_detached(policy=access.attachable_policy(arn), of=target, by=call.principal, at=call.at)
    return None


def list_attached(kind: Kind, call: Call, params: Params) -> Result:
    """The managed policies."""
    noun, prefix = kind.capitalize(), params.get("PathPrefix", "/")
    target = access.visible(call.principal, kind, _name(kind, params), f"iam:ListAttached{noun}Policies")
    rows = queries.attached_to(target, prefix)
    found = shapes.page(rows, params, key="name", scope=f"ListAttached:{kind}:{target.pk}:{prefix}")
    listed = [{"PolicyName": row.name, "PolicyArn": row.arn} for row in found.rows]
    return shapes.marked({"AttachedPolicies": listed}, found.next_token)


def put_inline(kind: Kind, call: Call, params: Params) -> Result:
    """Write an inline policy."""
    target = access.target(call.principal, kind, _name(kind, params), "Put")
    document = read_document(params["PolicyDocument"])
    inline.put(target=target, name=params["PolicyName"], document=document, by=call.principal, at=call.at)
    return None


def get_inline(kind: Kind, call: Call, params: Params) -> Result:
    """An inline policy with its document."""
    noun = kind.capitalize()
    target = access.visible(call.principal, kind, _name(kind, params), f"iam:Get{noun}Policy")
    found = inline.find(target, params["PolicyName"])
    return {
        f"{noun}Name": str(target),
        "PolicyName": found.name,
        "PolicyDocument": shapes.document(found.document),
    }


def delete_inline(kind: Kind, call: Call, params: Params) -> Result:
    """Delete an inline policy."""
    target = access.target(call.principal, kind, _name(kind, params), "Delete")
    inline.delete(target=target, name=params["PolicyName"], by=call.principal, at=call.at)
    return None


def list_inline(kind: Kind, call: Call, params: Params) -> Result:
    """The names of the inline policies."""
    noun = kind.capitalize()
    target = access.visible(call.principal, kind, _name(kind, params), f"iam:List{noun}Policies")
    found = shapes.page(
        target.inline_policies.all(), params, key="name", scope=f"ListInline:{kind}:{target.pk}"
    )
    return shapes.marked({"PolicyNames": [row.name for row in found.rows]}, found.next_token)


def put_boundary(kind: Kind, call: Call, params: Params) -> Result:
    """Let a policy limit what the others give."""
    arn = params["PermissionsBoundary"]
    target = _bounded(kind, call, params, "Put", {"iam:PermissionsBoundary": arn})
    policies.require_arn(arn)
    boundaries.put(target=target, policy=access.attachable_policy(arn), by=call.principal, at=call.at)
    return None


def delete_boundary(kind: Kind, call: Call, params: Params) -> Result:
    """Lift the limit."""
    target = _bounded(kind, call, params, "Delete", {})
    boundaries.remove(target=target, by=call.principal, at=call.at)
    return None


def _bounded(kind: Kind, call: Call, params: Params, verb: str, context: dict[str, Any]) -> User | Role:
    action = f"iam:{verb}{kind.capitalize()}PermissionsBoundary"
    if kind == "user":
        return access.changeable_user(call.principal, params["UserName"], action, context)
    return access.role(call.principal, params["RoleName"], action, context)


def _register(name: str, function: Any, kind: Kind) -> None:
    def answer(call: Call, params: Params) -> Result:
        result: Result = function(kind, call, params)
        return result

    answer.__doc__ = function.__doc__
    iam.operation(name.format(kind.capitalize()))(answer)


for _kind in ENTITIES:
    _register("Attach{}Policy", attach, _kind)
    _register("Detach{}Policy", detach, _kind)
    _register("ListAttached{}Policies", list_attached, _kind)
    _register("Put{}Policy", put_inline, _kind)
    _register("Get{}Policy", get_inline, _kind)
    _register("Delete{}Policy", delete_inline, _kind)
    _register("List{}Policies", list_inline, _kind)
for _kind in ("user", "role"):
    _register("Put{}PermissionsBoundary", put_boundary, _kind)
    _register("Delete{}PermissionsBoundary", delete_boundary, _kind)
