"""Recognises lines of program output that tell of a failure, so that readers can jump to them.

Careful rather than complete: a missed one is still found by reading, a wrong one misleads.
"""

import re

from monitoring.logs.engine.ansi import plain

_FAILURE = re.compile(
    r"""
      ^(?:\[\w+\]\ )?(?:\[\s*\d+%\]\ )?(?:FAILED|ERROR)\ \S   # pytest's summary and xdist lines
    | ^E\ {3,}\S                                               # pytest's explanation
    | ^Traceback\ \(most\ recent\ call\ last\)
    | ^(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)(?::\ |$)       # the last line of a traceback
    | ^(?:\S+:\d+(?::\d+)?:\ )?(?:fatal\ )?error(?:\[\w+\])?:\ # compilers
    | ^(?:fatal|npm\ ERR!|npm\ error|make(?:\[\d+\])?:\ \*\*\*)(?:[:\ ]|$)
    | ^\S*sh:\ (?:line\ )?\d+:\ .*(?:not\ found|denied|No\ such\ file)
    | ^---\ FAIL:
    """,
    re.VERBOSE,
)


def tells_failure(text: str) -> bool:
    """Whether a line of output, colours aside, reports a failure."""
    return _FAILURE.search(plain(text[:400])) is not None
