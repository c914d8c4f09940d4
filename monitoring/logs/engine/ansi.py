"""Escape sequences of terminals: how to take them out of a text."""

import re

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")


def plain(text: str) -> str:
    """``text`` without colours and cursor movements."""
    return _SEQUENCE.sub("", text) if "\x1b" in text else text
