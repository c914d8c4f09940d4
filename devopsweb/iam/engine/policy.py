"""A policy document, parsed and checked once (IAM User Guide, "IAM JSON policy grammar").

Every error names the path of the offending element and says what IAM says.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devopsweb.iam.engine.conditions import Condition, parse_conditions
from devopsweb.iam.errors import MalformedPolicyDocument

VERSIONS = ("2012-10-17", "2008-10-17")
LONGEST = 6144
_ACTION = re.compile(r"[\w*?-]+:[\w*?]+", re.ASCII)
_SID = re.compile(r"[0-9A-Za-z]*")
_TOP = {"Version", "Id", "Statement"}
_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


@dataclass(frozen=True)
class Statement:
    """One statement; ``label`` is its Sid or its number, ``index`` its place."""

    label: str
    index: int
    allow: bool
    actions: tuple[str, ...]
    inverted_actions: bool
    resources: tuple[str, ...]
    inverted_resources: bool
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Policy:
    """A parsed document; ``variables`` says whether ``${…}`` has a meaning in it."""

    statements: tuple[Statement, ...]
    variables: bool = True
    document: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)


def parse(document: Any) -> Policy:
    """The policy of an identity-based document. Raises ``MalformedPolicyDocument``."""
    if not isinstance(document, dict):
        raise MalformedPolicyDocument("", "This policy contains invalid Json: it must be an object.")
    _known(document, _TOP, "")
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise MalformedPolicyDocument(
            "Version", f'The policy must contain a valid version string: "{VERSIONS[0]}".'
        )
    if size(document) > LONGEST:
        raise MalformedPolicyDocument("", f"Cannot exceed quota for PolicySize: {LONGEST}.")
    raw = document.get("Statement")
    if raw is None or raw == []:
        raise MalformedPolicyDocument("Statement", "Missing required field Statement.")
    listed = isinstance(raw, list)
    statements = tuple(
        _statement(one, index, f"Statement[{index}]" if listed else "Statement")
        for index, one in enumerate(raw if isinstance(raw, list) else [raw])
    )
    _unique_sids(statements)
    return Policy(statements, version == VERSIONS[0], document)


def parse_text(text: str) -> Policy:
    """The policy of a JSON text; a syntax error names its line and column."""
    try:
        document = json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedPolicyDocument(place, f"This policy contains invalid Json: {error.msg}.") from None
    return parse(document)


def size(document: Mapping[str, Any]) -> int:
    """The document's length as IAM counts it: without white space."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise MalformedPolicyDocument(
                key, "Syntax errors in policy: this key stands twice in one object."
            )
        seen[key] = value
    return seen


def _known(element: Mapping[str, Any], allowed: Iterable[str], path: str) -> None:
    for key in element:
        if key not in allowed:
            where = f"{path}.{key}" if path else key
            raise MalformedPolicyDocument(
                where, f"Syntax errors in policy: {key} is not one of {', '.join(sorted(allowed))}."
            )


def _statement(raw: Any, index: int, path: str) -> Statement:
    if not isinstance(raw, dict):
        raise MalformedPolicyDocument(path, "Syntax errors in policy: a statement must be an object.")
    if "Principal" in raw or "NotPrincipal" in raw:
        key = "Principal" if "Principal" in raw else "NotPrincipal"
        raise MalformedPolicyDocument(f"{path}.{key}", "Policy document should not specify a principal.")
    _known(raw, _STATEMENT, path)
    sid = raw.get("Sid", "")
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        raise MalformedPolicyDocument(
            f"{path}.Sid", "Statement IDs (SID) must be alpha-numeric. Use A-Z, a-z and 0-9."
        )
    if raw.get("Effect") not in ("Allow", "Deny"):
        found = f"Invalid effect: {raw['Effect']}." if "Effect" in raw else "Missing required field Effect."
        raise MalformedPolicyDocument(f"{path}.Effect", f"{found} It must be Allow or Deny.")
    actions, inverted_actions = _either(raw, "Action", "NotAction", path, "actions")
    resources, inverted_resources = _either(raw, "Resource", "NotResource", path, "resources")
    _check_actions(actions, f"{path}.{'NotAction' if inverted_actions else 'Action'}")
    _check_resources(resources, f"{path}.{'NotResource' if inverted_resources else 'Resource'}")
    return Statement(
        label=sid or f"statement {index + 1}",
        index=index,
        allow=raw["Effect"] == "Allow",
        actions=actions,
        inverted_actions=inverted_actions,
        resources=resources,
        inverted_resources=inverted_resources,
        conditions=parse_conditions(raw.get("Condition", {}), f"{path}.Condition"),
    )


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


def _check_actions(actions: Iterable[str], path: str) -> None:
    for action in actions:
        if action != "*" and not _ACTION.fullmatch(action):
            raise MalformedPolicyDocument(
                path,
                f"Actions/Conditions must be prefaced by a vendor, e.g., codebuild:StartBuild; {action!r} is not.",
            )


def _check_resources(resources: Iterable[str], path: str) -> None:
    for resource in resources:
        if resource == "*":
            continue
        parts = resource.split(":", 5)
        short = len(parts) < 6 and not parts[-1].endswith("*")
        if parts[0] != "arn" or len(parts) < 3 or short:
            raise MalformedPolicyDocument(path, f'Resource {resource} must be in ARN format or "*".')


def _unique_sids(statements: Iterable[Statement]) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.label in seen:
            raise MalformedPolicyDocument(
                f"Statement[{statement.index}].Sid",
                f"Statement IDs (SID) in a single policy must be unique; {statement.label} stands twice.",
            )
        seen.add(statement.label)
