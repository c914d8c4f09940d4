"""Conditions of a statement (IAM User Guide, "IAM JSON policy elements: Condition operators").

All operators and all keys of a block must hold. Values of one key are alternatives for
positive operators, and all refused for negated ones. A missing key fails a positive
operator and satisfies a negated one; ``…IfExists`` is satisfied by a missing key.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devopsweb.iam.engine.operators import NEGATED, OPERATORS, PATTERNS, Test, check
from devopsweb.iam.engine.variables import Context, substitute
from devopsweb.iam.errors import MalformedPolicyDocument

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")
Matches = Callable[[str, Context], bool]


@dataclass(frozen=True)
class Condition:
    """One key of one operator: ``StringEquals {"aws:username": ["ann"]}``."""

    operator: str
    key: str
    values: tuple[str, ...]
    base: str
    negated: bool
    if_exists: bool
    quantifier: str
    lookup: str = ""
    tests: tuple[Matches, ...] = field(default=(), compare=False, repr=False)

    def holds(self, context: Context) -> bool:
        """Whether the request's ``context`` satisfies this condition."""
        given = context.get(self.lookup)
        if self.base == "Null":
            return any((not given) == (value.lower() == "true") for value in self.values)
        if not given:
            return self._without_value()
        if self.quantifier == "ForAllValues" or (self.negated and not self.quantifier):
            return all(self._one(value, context) for value in given)
        return any(self._one(value, context) for value in given)

    def _without_value(self) -> bool:
        if self.quantifier == "ForAllValues" or self.if_exists:
            return True
        return self.negated and not self.quantifier

    def _one(self, given: str, context: Context) -> bool:
        return any(matches(given, context) for matches in self.tests) != self.negated

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {' or '.join(self.values)}"


def parse_conditions(block: Any, path: str, *, variables: bool = True) -> tuple[Condition, ...]:
    """The conditions of a Condition block. Raises ``MalformedPolicyDocument``."""
    if not isinstance(block, Mapping):
        raise MalformedPolicyDocument(path, "Syntax errors in policy: Condition must be an object.")
    return tuple(
        _condition(operator, key, values, f"{path}.{operator}", variables)
        for operator, keys in block.items()
        for key, values in _keys(keys, f"{path}.{operator}")
    )


def _keys(keys: Any, path: str) -> list[tuple[str, Any]]:
    if not isinstance(keys, Mapping):
        raise MalformedPolicyDocument(
            path, "Syntax errors in policy: an operator must map condition keys to values."
        )
    return list(keys.items())


def _condition(operator: str, key: str, values: Any, path: str, variables: bool) -> Condition:
    found = _OPERATOR.fullmatch(operator)
    quantifier, name, suffix = found.groups() if found else (None, "", None)
    base = NEGATED.get(name, name)
    if (base not in OPERATORS and base != "Null") or (base == "Null" and (suffix or quantifier)):
        raise MalformedPolicyDocument(path, f"Invalid Condition type : {operator}.")
    if ":" not in key:
        raise MalformedPolicyDocument(
            f"{path}.{key}", "Actions/Conditions must be prefaced by a vendor, e.g., aws:SourceIp."
        )
    texts = _texts(values, f"{path}.{key}")
    for text in texts:
        check(base, text, f"{path}.{key}")
    return Condition(
        operator, key, texts, base, name in NEGATED, bool(suffix), quantifier or "",
        lookup=key.lower(),
        tests=() if base == "Null" else tuple(_matches(base, text, variables) for text in texts),
    )  # fmt: skip


def _texts(values: Any, path: str) -> tuple[str, ...]:
    listed: Sequence[Any] = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(value, str | bool | int | float) for value in listed):
        raise MalformedPolicyDocument(
            path, "Syntax errors in policy: give a string, number or boolean, or a list of them."
        )
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in listed)


def _matches(base: str, wanted: str, variables: bool) -> Matches:
    """Whether a given value matches ``wanted``; without variables everything about it is made ready now."""
    prepare = OPERATORS[base]
    if variables and "${" in wanted and base.startswith(("String", "Arn")):
        return lambda given, context: _filled(base, wanted, given, context)
    test = prepare(wanted)
    return lambda given, context: _hit(test, given)


def _filled(base: str, wanted: str, given: str, context: Context) -> bool:
    text = substitute(wanted, context, escape=base in PATTERNS)
    return text is not None and _hit(OPERATORS[base](text), given)


def _hit(test: Test, given: str) -> bool:
    try:
        return test(given)
    except ValueError:
        return False
