"""Conditions of a statement (IAM User Guide, "IAM JSON policy elements: Condition operators").

All operators and all keys of a block must hold. Values of one key are alternatives for
positive operators, and all refused for negated ones. A missing key fails a positive
operator and satisfies a negated one; ``…IfExists`` is satisfied by a missing key.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devopsweb.iam.engine.matching import arn_matches, glob
from devopsweb.iam.engine.variables import Context, substitute
from devopsweb.iam.errors import MalformedPolicyDocument

Test = Callable[[str, str], bool]


def _number(text: str) -> float:
    return float(text)


def _moment(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date or of a number of seconds."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ip(wanted: str, given: str) -> bool:
    address = ipaddress.ip_address(given)
    network = ipaddress.ip_network(wanted, strict=False)
    return address.version == network.version and address in network


def _like(wanted: str, given: str) -> bool:
    return glob(wanted).fullmatch(given) is not None


def _compare(read: Callable[[str], float], holds: Callable[[float, float], bool]) -> Test:
    return lambda wanted, given: holds(read(given), read(wanted))


_TESTS: dict[str, Test] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.casefold() == given.casefold(),
    "StringLike": _like,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
    "BinaryEquals": lambda wanted, given: wanted == given,
    "IpAddress": _ip,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    **{
        f"{family}{name}": _compare(read, holds)
        for family, read in (("Numeric", _number), ("Date", _moment))
        for name, holds in {
            "Equals": lambda a, b: a == b,
            "LessThan": lambda a, b: a < b,
            "LessThanEquals": lambda a, b: a <= b,
            "GreaterThan": lambda a, b: a > b,
            "GreaterThanEquals": lambda a, b: a >= b,
        }.items()
    },
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_PATTERNS = {"StringLike", "ArnEquals", "ArnLike"}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


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

    def holds(self, context: Context, *, variables: bool) -> bool:
        """Whether the request's ``context`` satisfies this condition."""
        given = context.get(self.key.lower())
        if self.base == "Null":
            return any((given is None) == (value.lower() == "true") for value in self.values)
        if self.quantifier == "ForAllValues":
            return all(self._one(value, context, variables) for value in given or ())
        if not given:
            return self.quantifier != "ForAnyValue" and (self.if_exists or self.negated)
        if self.negated and not self.quantifier:
            return all(self._one(value, context, variables) for value in given)
        return any(self._one(value, context, variables) for value in given)

    def _one(self, given: str, context: Context, variables: bool) -> bool:
        hit = any(self._matches(wanted, given, context, variables) for wanted in self.values)
        return hit != self.negated

    def _matches(self, wanted: str, given: str, context: Context, variables: bool) -> bool:
        text: str | None = wanted
        if variables and self.base.startswith(("String", "Arn")):
            text = substitute(wanted, context, escape=self.base in _PATTERNS)
        try:
            return text is not None and _TESTS[self.base](text, given)
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.operator} {self.key} {' or '.join(self.values)}"


def parse_conditions(block: Any, path: str) -> tuple[Condition, ...]:
    """The conditions of a Condition block. Raises ``MalformedPolicyDocument``."""
    if not isinstance(block, Mapping):
        raise MalformedPolicyDocument(path, "Syntax errors in policy: Condition must be an object.")
    return tuple(
        _condition(operator, key, values, f"{path}.{operator}")
        for operator, keys in block.items()
        for key, values in _keys(keys, f"{path}.{operator}")
    )


def _keys(keys: Any, path: str) -> list[tuple[str, Any]]:
    if not isinstance(keys, Mapping):
        raise MalformedPolicyDocument(
            path, "Syntax errors in policy: an operator must map condition keys to values."
        )
    return list(keys.items())


def _condition(operator: str, key: str, values: Any, path: str) -> Condition:
    found = _OPERATOR.fullmatch(operator)
    quantifier, name, suffix = found.groups() if found else (None, "", None)
    base = _NEGATED.get(name, name)
    if (base not in _TESTS and base != "Null") or (base == "Null" and suffix):
        raise MalformedPolicyDocument(path, f"Invalid Condition type : {operator}.")
    if ":" not in key:
        raise MalformedPolicyDocument(
            f"{path}.{key}", "Actions/Conditions must be prefaced by a vendor, e.g., aws:SourceIp."
        )
    texts = _texts(values, f"{path}.{key}")
    _check_values(base, texts, f"{path}.{key}")
    return Condition(operator, key, texts, base, name in _NEGATED, bool(suffix), quantifier or "")


def _texts(values: Any, path: str) -> tuple[str, ...]:
    listed: Sequence[Any] = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(value, str | bool | int | float) for value in listed):
        raise MalformedPolicyDocument(
            path, "Syntax errors in policy: give a string, number or boolean, or a list of them."
        )
    return tuple(str(v).lower() if isinstance(v, bool) else str(v) for v in listed)


def _check_values(base: str, values: tuple[str, ...], path: str) -> None:
    """A value that its operator can never read is a mistake; say so now."""
    probe = {
        "Numeric": ("a number", _number),
        "Date": ("a date such as 2026-01-31T12:00:00Z", _moment),
        "IpAddr": ("an address range such as 10.0.0.0/8", lambda v: ipaddress.ip_network(v, strict=False)),
        "Bool": ("true or false", lambda v: ["true", "false"].index(v.lower())),
        "Null": ("true or false", lambda v: ["true", "false"].index(v.lower())),
    }
    for prefix, (what, read) in probe.items():
        if not base.startswith(prefix):
            continue
        for value in values:
            try:
                read(value)
            except ValueError:
                raise MalformedPolicyDocument(path, f"{value!r} must be {what}.") from None
