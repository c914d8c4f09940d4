"""Matches a value against somebody's regular expression, in a process that can be ended.

An expression may take years on the right text, and Python cannot interrupt one.
"""

import json
import subprocess
import sys

from devopsweb.vault.errors import BadPattern

SECONDS = 3.0
_PROGRAM = """
import json, re, sys
pattern, value = json.load(sys.stdin)
try:
    found = re.compile(pattern)
except (re.error, OverflowError, RecursionError):
    sys.exit(2)
sys.exit(0 if found.fullmatch(value) else 1)
"""


def matches(pattern: str, value: str) -> bool:
    """Whether ``value`` as a whole matches. Raises ``BadPattern``."""
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _PROGRAM],
            input=json.dumps([pattern, value]).encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadPattern("The allowed pattern takes too long for this value. Simplify it.") from None
    if ended.returncode not in (0, 1):
        raise BadPattern("The request does not meet the regular expression requirement.")
    return ended.returncode == 0
