"""The elements of one statement, checked; what is allowed depends on the kind of policy."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devopsweb.iam.engine.conditions import Condition, parse_conditions
from devopsweb.iam.engine.principals import Principals, parse_principals
from devopsweb.iam.errors import MalformedPolicyDocument

_ACTION = re.compile(r"[\w*?-]+:[\w*?]+", re.ASCII)
_SID = re.compile(r"[0-9A-Za-z]*")
_ALL = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_ALLOWED = {
    "identity": _ALL - {"Principal", "NotPrincipal"},
    "resource": _ALL,
    "trust": _ALL - {"NotPrincipal", "NotAction", "Resource", "NotResource"},
}
_OF_TRUST = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext")
_EVERYTHING: tuple[tuple[str, ...], bool] = (("*",), False)


@dataclass(frozen=True)
class Elements:
    """A statement's parts; lists come with whether they are inverted (``NotAction``)."""

    sid: str
    allow: bool
    actions: tuple[tuple[str, ...], bool]
    resources: tuple[tuple[str, ...], bool]
    conditions: tuple[Condition, ...]
    principals: Principals | None


def read_statement(raw: Any, kind: str, path: str, variables: bool) -> Elements:
    """The elements of a statement. Raises ``MalformedPolicyDocument``."""
    if not isinstance(raw, dict):
        raise MalformedPolicyDocument(path, "Syntax errors in policy: a statement must be an object.")
    _known(raw, kind, path)
    sid = raw.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        raise MalformedPolicyDocument(
            f"{path}.Sid", "Statement IDs (SID) must be alpha-numeric. Use A-Z, a-z and 0-9."
        )
    if raw.get("Effect") not in ("Allow", "Deny"):
        found = f"Invalid effect: {raw['Effect']}." if "Effect" in raw else "Missing required field Effect."
        raise MalformedPolicyDocument(f"{path}.Effect", f"{found} It must be Allow or Deny.")
    principals = _principals(raw, path) if kind != "identity" else None
    actions = _either(raw, "Action", "NotAction", path, "actions")
    _check_actions(actions[0], f"{path}.{'NotAction' if actions[1] else 'Action'}", kind)
    return Elements(
        sid=sid,
        allow=raw["Effect"] == "Allow",
        actions=actions,
        resources=_resources(raw, kind, path),
        conditions=parse_conditions(raw.get("Condition", {}), f"{path}.Condition", variables=variables),
        principals=principals,
    )


def _known(raw: Mapping[str, Any], kind: str, path: str) -> None:
    for key in raw:
        if key in _ALLOWED[kind]:
            continue
        if key not in _ALL:
            allowed = ", ".join(sorted(_ALLOWED[kind]))
            reason = f"Syntax errors in policy: {key} is not one of {allowed}."
        elif kind == "identity":
            reason = "Policy document should not specify a principal."
        else:
            reason = f"Has prohibited field {key}."
        raise MalformedPolicyDocument(f"{path}.{key}", reason)


def _principals(raw: Mapping[str, Any], path: str) -> Principals:
    if "Principal" in raw and "NotPrincipal" in raw:
        raise MalformedPolicyDocument(
            f"{path}.NotPrincipal", "Policy statement cannot contain both Principal and NotPrincipal."
        )
    key = "NotPrincipal" if "NotPrincipal" in raw else "Principal"
    if key not in raw:
        raise MalformedPolicyDocument(f"{path}.Principal", "Missing required field Principal.")
    return parse_principals(raw[key], f"{path}.{key}", inverted=key == "NotPrincipal")


def _resources(raw: Mapping[str, Any], kind: str, path: str) -> tuple[tuple[str, ...], bool]:
    """A resource's own policy may leave the resource out: it speaks about what it hangs on."""
    if kind != "identity" and "Resource" not in raw and "NotResource" not in raw:
        return _EVERYTHING
    resources = _either(raw, "Resource", "NotResource", path, "resources")
    _check_resources(resources[0], f"{path}.{'NotResource' if resources[1] else 'Resource'}")
    return resources


def _either(
    raw: Mapping[str, Any], plain: str, inverted: str, path: str, what: str
) -> tuple[tuple[str, ...], bool]:
    if plain in raw and inverted in raw:
        raise MalformedPolicyDocument(
            f"{path}.{inverted}", f"Policy statement cannot contain both {plain} and {inverted}."
        )
    key = inverted if inverted in raw else plain
    value = raw.get(key)
    values = [value] if isinstance(value, str) else value
    if not values:
        raise MalformedPolicyDocument(f"{path}.{key}", f"Policy statement must contain {what}.")
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise MalformedPolicyDocument(
            f"{path}.{key}", f"Syntax errors in policy: {key} must be a string or a list of strings."
        )
    return tuple(values), key == inverted


def _check_actions(actions: Iterable[str], path: str, kind: str) -> None:
    for action in actions:
        if action != "*" and not _ACTION.fullmatch(action):
            raise MalformedPolicyDocument(
                path,
                f"Actions/Conditions must be prefaced by a vendor, e.g., codebuild:StartBuild; {action!r} is not.",
            )
        if kind == "trust" and not action.lower().startswith((*_OF_TRUST, "sts:*")):
            raise MalformedPolicyDocument(path, "AssumeRole policy may only specify STS AssumeRole actions.")


def _check_resources(resources: Iterable[str], path: str) -> None:
    for resource in resources:
        if resource == "*":
            continue
        parts = resource.split(":", 5)
        short = len(parts) < 6 and not parts[-1].endswith("*")
        if parts[0] != "arn" or len(parts) < 3 or short:
            raise MalformedPolicyDocument(path, f'Resource {resource} must be in ARN format or "*".')
