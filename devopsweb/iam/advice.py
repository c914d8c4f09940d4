"""What the editor of a policy says about its text beyond right and wrong, and at which lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from devopsweb.iam import known_actions
from devopsweb.iam.engine import positions

_LINE = re.compile(r"line (\d+), column \d+")
_STATEMENT = re.compile(r"Statement(?:\[(\d+)\])?(?:\.(\w+))?")


@dataclass(frozen=True)
class Finding:
    """Something to look at in a line of the text."""

    line: int
    text: str


@dataclass(frozen=True)
class Editor:
    """The lines to mark as JSON (``{"12": "wait", "16-24": "fail"}``), what stands there, and the text's size."""

    marks: str = "{}"
    findings: tuple[Finding, ...] = ()
    size: int = 0


def editor(form: forms.Form) -> Editor:
    """What to show beside the document of ``form``, whether it can be saved or not."""
    text = str(form["document"].value() or "")
    for error in form.errors.as_data().get("document", []):
        path = (error.params or {}).get("path", "")
        return Editor(marks=json.dumps(dict.fromkeys(_place(text, path), "fail")))
    found = tuple(findings(text))
    return Editor(json.dumps({str(one.line): "wait" for one in found}), found, _size(text))


def findings(text: str) -> Iterator[Finding]:
    """The actions in a policy's text that nothing here will ever ask for."""
    for statement, (first, last) in zip(_statements(text), _lines(text), strict=False):
        for key in ("Action", "NotAction"):
            given = statement.get(key, [])
            for action in [given] if isinstance(given, str) else given:
                if isinstance(action, str) and (wrong := known_actions.problem(action)):
                    yield Finding(_line_of(text, json.dumps(action), first, last) or first, wrong)


def lines_of(text: str, index: int) -> tuple[int, int] | None:
    """The first and last line of the statement of that number, if the text has it."""
    return dict(enumerate(_lines(text))).get(index)


def _place(text: str, path: str) -> list[str]:
    """The lines of what an error's path names; none when it names the whole."""
    if found := _LINE.fullmatch(path):
        return [found[1]]
    found = _STATEMENT.match(path)
    span = lines_of(text, int(found[1] or 0)) if found else None
    if found is None or span is None:
        return []
    line = _line_of(text, f'"{found[2]}"', *span) if found[2] else None
    return [str(line)] if line else [f"{span[0]}-{span[1]}"]


def _line_of(text: str, part: str, first: int, last: int) -> int | None:
    lines = text.splitlines()[first - 1 : last]
    return next((first + offset for offset, line in enumerate(lines) if part in line), None)


def _statements(text: str) -> list[dict[str, Any]]:
    document = _read(text)
    found = document.get("Statement", []) if isinstance(document, dict) else []
    found = found if isinstance(found, list) else [found]
    return found if all(isinstance(one, dict) for one in found) else []


def _lines(text: str) -> list[tuple[int, int]]:
    if not isinstance(document := _read(text), dict) or "Statement" not in document:
        return []
    return [(span.start[0], span.end[0]) for span in positions.spans(text)]


def _size(text: str) -> int:
    return len(json.dumps(_read(text), separators=(",", ":"), ensure_ascii=False))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
