"""Matches a value against somebody's regular expression, in a process that can be ended.

An expression may take years on the right text, and Python cannot interrupt one. So each match has a second of
processor time, and only a few run or wait at once: whoever sends more is asked to come again, and everybody
else's calls go on.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

from devopsweb.vault.errors import BadPattern, TooManyPatterns

CPU_SECONDS = 1
SECONDS = 5.0
RUNNING = 2
WAITING = 2
_MATCH, _BAD, _NO_MATCH = 0, 2, 3
_PROGRAM = f"""
import json, re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
pattern, value = json.load(sys.stdin)
try:
    found = re.compile(pattern)
except (re.error, OverflowError, RecursionError, MemoryError):
    sys.exit({_BAD})
sys.exit({_MATCH} if found.fullmatch(value) else {_NO_MATCH})
"""
_running = threading.BoundedSemaphore(RUNNING)
_present = threading.BoundedSemaphore(RUNNING + WAITING)


def matches(pattern: str, value: str) -> bool:
    """Whether ``value`` as a whole matches. Raises ``BadPattern``, ``TooManyPatterns``."""
    with _place():
        try:
            ended = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                input=json.dumps([pattern, value]).encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            ended = -1
    if ended < 0:
        raise BadPattern("The allowed pattern takes too long for this value. Simplify it.")
    if ended not in (_MATCH, _NO_MATCH):
        raise BadPattern("The request does not meet the regular expression requirement.")
    return ended == _MATCH


@contextlib.contextmanager
def _place() -> Iterator[None]:
    """One of the few places, at once or never. Raises ``TooManyPatterns``."""
    if not _present.acquire(blocking=False):
        raise TooManyPatterns("Rate exceeded: too many values are being matched against allowed patterns.")
    try:
        with _running:
            yield
    finally:
        _present.release()
