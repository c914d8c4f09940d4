"""Takes secrets out of texts that are no JSON: buildspecs and other YAML, lines of NAME=value, commands.

Line by line and not by a parser: what cannot be parsed must be safe as well, and the rest of the text is to
stay as its author wrote it. A line too much is hidden rather than one too few.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# In a buildspec these hold the names of secrets, not secrets.
REFERENCES = frozenset({"secrets-manager", "parameter-store"})

_HINT = re.compile(r"pass|secret|token|key|credential|authorization|otp|plaintext|://", re.IGNORECASE)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)", re.DOTALL
)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]{0,200}:)[^/\s@]{1,500}@")
_NAME = r"""(?P<quote>["']?)(?P<name>[A-Za-z_][\w.-]{0,127})(?P=quote)"""
_QUOTED = r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
# The line as a whole: ``- export NAME=value`` or ``"name": value``.
_LINE = re.compile(
    rf"^(?P<head>\s*(?:- +)*(?:export +|set +|ENV +)?{_NAME}\s*(?::(?=\s|$)|=)[ \t]*)(?P<value>.*)$"
)
# Somewhere in a line: in {flows: of yaml}, ``--name=value``, ``--name value``, ``?name=value``.
_INSIDE = re.compile(
    rf"""(?:(?<![\w.-])|(?<=\s--))(?P<head>{_NAME}\s*(?::(?=\s)|=)\s*)(?P<value>(?:(?:Bearer|Basic) +)?(?:{_QUOTED}|[^\s,}}&"']+))"""
)
_OPTION = re.compile(rf"(?P<head>(?<!\S)--(?P<name>[a-z][\w-]{{0,127}})\s+)(?P<value>{_QUOTED}|[^\s-]\S*)")
_BLOCK = re.compile(r"^(?:[|>][-+0-9]*|[&!]\S*)?\s*(?:#.*)?$")


def clean(text: str, is_secret: Callable[[str], bool]) -> str:
    """``text`` without the values of names that ``is_secret``, passwords in addresses, private keys."""
    if not _HINT.search(text):
        return text
    text = _IN_ADDRESS.sub(rf"\1{HIDDEN}@", _PEM.sub(HIDDEN, text))
    return "\n".join(_lines(text, is_secret))


@dataclass
class _Block:
    """Lines further in than ``indent`` belong to one name."""

    indent: int
    hide: bool
    told: bool = False


def _lines(text: str, is_secret: Callable[[str], bool]) -> Iterator[str]:
    block: _Block | None = None
    named = False
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip())
        if block and line.strip() and not _belongs(line, indent, block):
            block = None
        if block and block.hide and line.strip():
            if not block.told:
                yield " " * indent + HIDDEN
            block.told = True
            continue
        if block:
            yield line
            continue
        if not (found := _LINE.match(line)):
            yield _inside(line, is_secret)
            continue
        name, value = found["name"], found["value"]
        if name.lower() == "name":
            named = is_secret(value.strip("\"' "))
        secret = is_secret(name) or (named and name.lower() == "value")
        if _BLOCK.match(value):
            if name in REFERENCES or secret:
                block = _Block(_depth(line), hide=name not in REFERENCES)
            yield line
        elif name in REFERENCES:
            yield line
        else:
            yield f"{found['head']}{HIDDEN}" if secret else _inside(line, is_secret)


def _belongs(line: str, indent: int, block: _Block) -> bool:
    return indent > block.indent or (indent == block.indent and line.lstrip().startswith("- "))


def _depth(line: str) -> int:
    """Where the name of a line begins, behind the dashes of lists."""
    return len(line) - len(line.lstrip(" \t-"))


def _inside(line: str, is_secret: Callable[[str], bool]) -> str:
    """The line with what it names in its midst hidden."""
    if not _HINT.search(line):
        return line

    def hidden(found: re.Match[str]) -> str:
        return f"{found['head']}{HIDDEN}" if is_secret(found["name"]) else found[0]

    return _OPTION.sub(hidden, _INSIDE.sub(hidden, line))
