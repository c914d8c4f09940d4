"""Filter patterns of CloudWatch Logs (User Guide, "Filter and pattern syntax"): terms, and JSON conditions.

ERROR "exit status"        both, the first as a whole word
?ERROR ?WARN               either
ERROR -timeout             the first without the second
{ $.level = "error" && $.latency > 100 }
"""

import json
import re
from collections.abc import Callable
from typing import Any

from monitoring.logs.engine import json_patterns
from monitoring.logs.errors import InvalidPattern

Matcher = Callable[[str], bool]
LONGEST = 1024
_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_WORD = re.compile(r"\w+")


def matcher(pattern: str) -> Matcher:
    """Whether a message matches ``pattern``. Raises ``InvalidPattern``."""
    text = pattern.strip()
    if len(pattern) > LONGEST:
        raise InvalidPattern(f"A filter pattern has at most {LONGEST} characters.")
    if text.startswith("{"):
        return _of_json(json_patterns.parse(text))
    if text.startswith("["):
        raise InvalidPattern("Patterns of fields parted by blanks are not available here.")
    return _of_terms(text)


def _of_json(condition: json_patterns.Condition) -> Matcher:
    def matches(message: str) -> bool:
        if not message.lstrip().startswith("{"):
            return False
        try:
            value: Any = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return condition(value)

    return matches


def _of_terms(text: str) -> Matcher:
    wanted: dict[str, list[Matcher]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if not match:
            raise InvalidPattern("Invalid filter pattern")
        sign, quoted, bare = match.groups()
        if bare is not None and bare.startswith("%"):
            raise InvalidPattern("Regular expressions in filter patterns are not available here.")
        wanted[sign].append(_phrase(quoted) if quoted is not None else _term(bare))
        position = match.end()
    if wanted[""]:
        # Beside a term that must be there, those that may be there say nothing.
        wanted["?"] = []
    return lambda message: (
        all(one(message) for one in wanted[""])
        and (not wanted["?"] or any(one(message) for one in wanted["?"]))
        and not any(one(message) for one in wanted["-"])
    )


def _phrase(quoted: str) -> Matcher:
    phrase = re.sub(r"\\(.)", r"\1", quoted)
    return lambda message: phrase in message


def _term(term: str) -> Matcher:
    """A word must stand alone; what has other characters needs quotes in AWS and is looked for as it is."""
    if not _WORD.fullmatch(term):
        return lambda message: term in message
    whole = re.compile(rf"(?<![0-9A-Za-z]){re.escape(term)}(?![0-9A-Za-z])")
    return lambda message: term in message and whole.search(message) is not None
