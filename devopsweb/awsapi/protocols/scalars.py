"""Single values: what each type of a model accepts, and refuses in AWS's words."""

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any

from devopsweb.awsapi import timestamps
from devopsweb.awsapi.models import Shape
from devopsweb.awsapi.problems import Malformed

_RANGES = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
_NAMES = {"integer": "Integer", "long": "Long", "string": "String", "boolean": "Boolean", "float": "Float"}
_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def kind_of(value: Any) -> str:
    """The name of a decoded value's kind in AWS's refusals."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    return "BLOB_VALUE" if isinstance(value, bytes) else "STRING_VALUE"


def mismatch(value: Any, wanted: str) -> Malformed:
    """The refusal of a value of the wrong kind."""
    if isinstance(value, list):
        return Malformed("Start of list found where not expected")
    if isinstance(value, dict):
        return Malformed("Start of structure or map found where not expected.")
    return Malformed(f"{kind_of(value)} can not be converted to {_article(_NAMES.get(wanted, wanted))}")


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def string(value: Any) -> str:
    """A text that can be stored and sent on: no half characters and no U+0000."""
    if not isinstance(value, str):
        raise mismatch(value, "string")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Malformed("A string holds half of a surrogate pair.") from None
    if "\0" in value:
        raise Malformed("A string holds the character U+0000.")
    return value


def whole(value: Any, kind: str) -> int:
    """A number that fits the type ``integer`` or ``long``."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise mismatch(value, kind)
    if isinstance(value, float) and not value.is_integer():
        raise mismatch(value, kind)
    number, (low, high) = int(value), _RANGES[kind]
    if not low <= number <= high:
        raise Malformed(f"NUMBER_VALUE is out of the range of {_article(_NAMES[kind])}")
    return number


def real(value: Any) -> float:
    """A floating-point number; the special ones are written as texts."""
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise mismatch(value, "float")
    try:
        return float(value)
    except OverflowError:
        raise Malformed("NUMBER_VALUE is out of the range of a Double") from None


def truth(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise mismatch(value, "boolean")
    return value


def blob(value: Any) -> bytes:
    """Base64, as text."""
    if not isinstance(value, str):
        raise mismatch(value, "blob")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("A blob is not valid base64.") from None


def of_text(text: str, kind: str) -> Any:
    """A scalar that came as text (a form's field, a header, XML)."""
    if kind in {"integer", "long"}:
        try:
            if len(text) > 20 or "_" in text:
                raise ValueError
            return whole(int(text), kind)
        except ValueError:
            raise Malformed(f"{text[:100]!r} is not {_article(_NAMES[kind])}") from None
    if kind in {"float", "double"}:
        try:
            return _SPECIAL[text] if text in _SPECIAL else _finite(text)
        except ValueError:
            raise Malformed(f"{text[:100]!r} is not a number") from None
    if kind == "boolean":
        if text.lower() not in {"true", "false"}:
            raise Malformed(f"{text[:100]!r} is not a Boolean")
        return text.lower() == "true"
    return blob(text) if kind == "blob" else string(text)


def _finite(text: str) -> float:
    found = float(text) if len(text) <= 400 and "_" not in text else math.nan
    if not math.isfinite(found):
        raise ValueError
    return found


def number(value: Any) -> Any:
    """A float as JSON and XML can write it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def as_text(value: Any, kind: str) -> str:
    """A scalar as a text (XML, headers)."""
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "blob":
        return base64.b64encode(value).decode()
    return str(number(value))


# Readers of what JSON and CBOR decode alike; a type's own shape says nothing more about it.
READERS: dict[str, Callable[[Shape, Any], Any]] = {
    "string": lambda shape, value: string(value),
    "character": lambda shape, value: string(value),
    "integer": lambda shape, value: whole(value, "integer"),
    "long": lambda shape, value: whole(value, "long"),
    "float": lambda shape, value: real(value),
    "double": lambda shape, value: real(value),
    "boolean": lambda shape, value: truth(value),
    "timestamp": lambda shape, value: timestamps.parse(value),
}
