"""The condition operators: from a policy's value to a test of a request's value.

A test may raise ``ValueError`` when the request's value can't be read; it then doesn't match.
"""

import base64
import ipaddress
import math
from collections.abc import Callable
from datetime import UTC, datetime

from devopsweb.iam.engine.matching import arn_glob, glob, is_plain
from devopsweb.iam.errors import MalformedPolicyDocument

Test = Callable[[str], bool]


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _moment(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date or of a number of seconds."""
    try:
        return _number(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _boolean(text: str) -> bool:
    return ["false", "true"].index(text.lower()) == 1


def _equals(wanted: str) -> Test:
    return lambda given: given == wanted


def _equals_without_case(wanted: str) -> Test:
    folded = wanted.casefold()
    return lambda given: given.casefold() == folded


def _like(wanted: str) -> Test:
    fits = glob(wanted).fullmatch
    return lambda given: fits(given) is not None


def _arn(wanted: str) -> Test:
    if is_plain(wanted) and "\ue000" not in wanted and "\ue001" not in wanted:
        return _equals(wanted)
    fits = arn_glob(wanted).fullmatch
    return lambda given: fits(given) is not None


def _ip(wanted: str) -> Test:
    network = ipaddress.ip_network(wanted, strict=False)

    def inside(given: str) -> bool:
        address = ipaddress.ip_address(given)
        return address.version == network.version and address in network

    return inside


def _binary(wanted: str) -> Test:
    expected = _bytes(wanted)
    return lambda given: _bytes(given) == expected


def _bool(wanted: str) -> Test:
    expected = wanted.lower()
    return lambda given: given.lower() == expected


def _compare(read: Callable[[str], float], holds: Callable[[float, float], bool]) -> Callable[[str], Test]:
    def prepare(wanted: str) -> Test:
        limit = read(wanted)
        return lambda given: holds(read(given), limit)

    return prepare


OPERATORS: dict[str, Callable[[str], Test]] = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_without_case,
    "StringLike": _like,
    "Bool": _bool,
    "BinaryEquals": _binary,
    "IpAddress": _ip,
    "ArnEquals": _arn,
    "ArnLike": _arn,
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
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
PATTERNS = {"StringLike", "ArnEquals", "ArnLike"}
_READABLE: dict[str, tuple[str, Callable[[str], object]]] = {
    "Numeric": ("a number", _number),
    "Date": ("a date such as 2026-01-31T12:00:00Z", _moment),
    "IpAddr": ("an address range such as 10.0.0.0/8", _ip),
    "Bool": ("true or false", _boolean),
    "Null": ("true or false", _boolean),
    "Binary": ("Base64", _bytes),
}


def check(base: str, value: str, path: str) -> None:
    """Refuse a value that its operator can never read: it is a mistake; say so now."""
    for prefix, (what, read) in _READABLE.items():
        if not base.startswith(prefix):
            continue
        try:
            read(value)
        except ValueError:
            raise MalformedPolicyDocument(path, f"{value!r} must be {what}.") from None
