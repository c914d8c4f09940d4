"""Takes secrets out of what a call said, and keeps it small."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.trail.engine import texts
from monitoring.trail.engine.texts import HIDDEN

LONGEST_TEXT = 20_000
DEEPEST = 30
MOST_ITEMS = 1000

_PARTS = ("password", "passwd", "passphrase", "secret", "privatekey", "apikey", "credential", "authorization")
_WHOLE = frozenset(
    {
        "token", "tokencode", "samlassertion", "base32stringseed", "qrcodepng", "plaintext", "otp", "totp",
        "recoverycode", "recoverycodes", "authenticationcode1", "authenticationcode2", "assertion",
    }
)  # fmt: skip
# Names that only speak of secrets: what is called so identifies, it does not open.
_NAMING = (
    "id", "arn", "name", "type", "policy", "policyarn", "status", "until", "from", "count", "date", "days",
    "required", "reset", "lastused", "list", "length", "age", "prevention", "expiry", "managed", "present", "stdin",
)  # fmt: skip
_HARMLESS_TOKENS = frozenset({"nexttoken", "clientrequesttoken", "clienttoken", "paginationtoken", "marker"})
# Lists of {name, value}, or lines of NAME=value: values are what people hide in variables.
_VALUES_IN = ("environmentvariables", "environmentvariablesoverride", "environment", "variables")
# Maps whose keys are the user's own words.
_VERBATIM = frozenset({"tags", "variables", "configuration", "dimensions", "parameters"})


def is_secret(name: str) -> bool:
    """Whether a member of this name holds a secret."""
    plain = name.replace("_", "").replace("-", "").lower()
    if plain in _WHOLE:
        return True
    if plain.endswith("token"):
        return plain not in _HARMLESS_TOKENS
    return any(part in plain for part in _PARTS) and not plain.endswith(_NAMING)


def clean(value: Any, *, hidden: frozenset[str] = frozenset(), aws: bool = True) -> Any:
    """``value`` as JSON without secrets: members in ``hidden`` and those whose name says it.

    ``aws`` writes members' names as CloudTrail does, with a small first letter.
    """
    return _Cleaner(hidden, aws).clean(value)


class _Cleaner:
    def __init__(self, hidden: frozenset[str], aws: bool) -> None:
        self.hidden = hidden
        self.aws = aws

    def clean(self, value: Any, depth: int = 0, mask_values: bool = False, verbatim: bool = False) -> Any:
        if depth > DEEPEST:
            return "(nested too deeply)"
        if isinstance(value, Mapping):
            return self._members(value, depth, mask_values, verbatim)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(one, depth + 1, mask_values) for one in list(value)[:MOST_ITEMS]]
        return _scalar(value)

    def _members(
        self, value: Mapping[Any, Any], depth: int, mask_values: bool, verbatim: bool
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        named = str(value.get("name", value.get("Name", "")))
        for key, one in list(value.items())[:MOST_ITEMS]:
            name = str(key)
            told = name[:1].lower() + name[1:] if self.aws and not verbatim else name
            low = name.lower()
            if low in texts.REFERENCES and isinstance(one, Mapping):
                found[told] = {str(key): _scalar(name_of) for key, name_of in one.items()}
                continue
            is_value = low == "value" and (mask_values or is_secret(named))
            if one is not None and (
                name in self.hidden or is_value or (is_secret(name) and not _names_a_key(one))
            ):
                found[told] = HIDDEN if not isinstance(one, bool) else one
                continue
            holds = mask_values or low.replace("_", "").endswith(_VALUES_IN)
            if holds and isinstance(one, str) and low.replace("_", "").endswith(_VALUES_IN):
                found[told] = _variables(one)
            else:
                found[told] = self.clean(one, depth + 1, holds, low in _VERBATIM)
        return found


def _variables(text: str) -> str:
    """Variables as a text: JSON keeps their names, of lines of NAME=value nothing is kept."""
    try:
        inside = json.loads(text) if text else ""
    except (ValueError, RecursionError):
        return HIDDEN
    if not isinstance(inside, list | dict):
        return HIDDEN if text else ""
    return json.dumps(_Cleaner(frozenset(), aws=False).clean(inside, mask_values=True))


def _names_a_key(value: Any) -> bool:
    """Temporary credentials: which key was given leads from a session's deeds to who began it."""
    return isinstance(value, Mapping) and "AccessKeyId" in value


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    text = str(value)
    length = len(text)
    cleaned = _document(text) if text.lstrip()[:1] in ("{", "[") else None
    if cleaned is None:
        # Twice the length that is kept: what is cut off cannot hold the head of a secret that stays.
        cleaned = texts.clean(text[: 2 * LONGEST_TEXT], is_secret)
    return cleaned if length <= LONGEST_TEXT else f"{cleaned[:LONGEST_TEXT]}… ({length} characters)"


def _document(text: str) -> str | None:
    """A JSON document inside of a text (a pipeline, a policy, a dashboard) is cleaned as well; else None."""
    try:
        inside = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cleaned = clean(inside, aws=False)
    return text if cleaned == inside else json.dumps(cleaned)


def limited(value: Any, most: int) -> Any:
    """``value``, or a note in its place when its JSON is longer than ``most``."""
    if value is None:
        return None
    size = len(json.dumps(value))
    return (
        value if size <= most else {"omitted": f"{size} bytes, more than the {most} that a record may hold"}
    )
