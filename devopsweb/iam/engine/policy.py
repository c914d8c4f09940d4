"""A policy document, parsed and checked once (IAM User Guide, "IAM JSON policy grammar").

Every error names the path of the offending element and says what IAM says.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from devopsweb.iam.engine.conditions import Condition
from devopsweb.iam.engine.grammar import Elements, read_statement
from devopsweb.iam.engine.matching import action_matches
from devopsweb.iam.engine.principals import Principals
from devopsweb.iam.engine.resources import Covers, matcher
from devopsweb.iam.engine.variables import Context
from devopsweb.iam.errors import MalformedPolicyDocument

VERSIONS = ("2012-10-17", "2008-10-17")
LONGEST = 6144
LONGEST_OF_TRUST = 2048
LONGEST_OF_RESOURCE = 20480
_TOP = {"Version", "Id", "Statement"}
_LONGEST = {"identity": LONGEST, "trust": LONGEST_OF_TRUST, "resource": LONGEST_OF_RESOURCE}
_REMEMBERED = 4096
_TAG = ":resourcetag/"

Kind = Literal["identity", "resource", "trust"]


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
    principals: Principals | None = None
    covers: Covers = field(default=lambda arn, context: True, compare=False, repr=False)

    def is_about(self, action: str) -> bool:
        """Whether the statement speaks about ``action``."""
        return any(action_matches(one, action) for one in self.actions) != self.inverted_actions

    def asks_for_tags(self) -> bool:
        """Whether a condition or a variable is a tag of the resource."""
        values = [text for one in self.conditions for text in one.values]
        keys = [one.lookup for one in self.conditions]
        return any(_TAG in text.lower() for text in (*self.resources, *values, *keys))

    def holds(self, context: Context) -> bool:
        """Whether all conditions are met."""
        return all(condition.holds(context) for condition in self.conditions)


@dataclass(frozen=True)
class Candidates:
    """The statements of a policy that speak about one action; whether one asks for the resource's tags."""

    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]
    asks_for_tags: bool = False


@dataclass(frozen=True)
class Policy:
    """A parsed document; ``variables`` says whether ``${…}`` has a meaning in it."""

    statements: tuple[Statement, ...]
    variables: bool = True
    document: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)
    _by_action: dict[str, Candidates] = field(default_factory=dict, compare=False, repr=False)

    def candidates(self, action: str) -> Candidates:
        """The statements about ``action``, found once per action: there are few, and they are asked often."""
        found = self._by_action.get(action)
        if found is None:
            if len(self._by_action) >= _REMEMBERED:
                self._by_action.clear()
            about = [statement for statement in self.statements if statement.is_about(action)]
            found = Candidates(
                tuple(one for one in about if not one.allow),
                tuple(one for one in about if one.allow),
                any(one.asks_for_tags() for one in about),
            )
            self._by_action[action] = found
        return found


def parse(document: Any, *, kind: Kind = "identity", longest: int | None = None) -> Policy:
    """The policy of an identity-based, resource-based or trust document.

    Raises ``MalformedPolicyDocument``.
    """
    if not isinstance(document, dict):
        raise MalformedPolicyDocument("", "This policy contains invalid Json: it must be an object.")
    for key in document:
        if key not in _TOP:
            known = ", ".join(sorted(_TOP))
            raise MalformedPolicyDocument(key, f"Syntax errors in policy: {key} is not one of {known}.")
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise MalformedPolicyDocument(
            "Version", f'The policy must contain a valid version string: "{VERSIONS[0]}".'
        )
    limit = longest or _LONGEST[kind]
    if size(document) > limit:
        raise MalformedPolicyDocument("", f"Cannot exceed quota for PolicySize: {limit}.")
    variables = version == VERSIONS[0]
    return Policy(_statements(document.get("Statement"), kind, variables), variables, document)


def _statements(raw: Any, kind: Kind, variables: bool) -> tuple[Statement, ...]:
    if raw is None or raw == []:
        raise MalformedPolicyDocument("Statement", "Missing required field Statement.")
    listed = isinstance(raw, list)
    found = tuple(
        _statement(
            read_statement(one, kind, f"Statement[{index}]" if listed else "Statement", variables),
            index,
            variables,
        )
        for index, one in enumerate(raw if isinstance(raw, list) else [raw])
    )
    _unique_sids(found)
    return found


def _statement(elements: Elements, index: int, variables: bool) -> Statement:
    resources, inverted = elements.resources
    return Statement(
        label=elements.sid or f"statement {index + 1}",
        index=index,
        allow=elements.allow,
        actions=elements.actions[0],
        inverted_actions=elements.actions[1],
        resources=resources,
        inverted_resources=inverted,
        conditions=elements.conditions,
        principals=elements.principals,
        covers=matcher(resources, inverted=inverted, variables=variables),
    )


def _unique_sids(statements: tuple[Statement, ...]) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.label in seen:
            raise MalformedPolicyDocument(
                f"Statement[{statement.index}].Sid",
                f"Statement IDs (SID) in a single policy must be unique; {statement.label} stands twice.",
            )
        seen.add(statement.label)


def parse_text(text: str, *, kind: Kind = "identity", longest: int | None = None) -> Policy:
    """The policy of a JSON text; a syntax error names its line and column."""
    return parse(read_json(text), kind=kind, longest=longest)


def read_json(text: str) -> Any:
    """The value of a JSON text without repeated keys. Raises ``MalformedPolicyDocument``."""
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedPolicyDocument(place, f"This policy contains invalid Json: {error.msg}.") from None
    except RecursionError:
        raise MalformedPolicyDocument(
            "", "This policy contains invalid Json: it is nested too deep."
        ) from None


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
