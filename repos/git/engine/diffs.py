"""Reads git's patches into files, hunks and lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString

from repos.git.engine import highlight

MAX_LINES = 6500  # CodeCommit's console shows no longer comparison
MAX_FILE_LINES = 2000
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
STATUS = {"A": "added", "M": "changed", "D": "deleted", "R": "renamed", "C": "copied", "T": "type changed"}


@dataclass
class Line:
    """A line of a hunk: ``mark`` is a blank, ``+`` or ``-``; numbers are None on the other side."""

    mark: str
    old: int | None
    new: int | None
    text: str
    html: SafeString


@dataclass
class Hunk:
    """Lines that belong together; ``heading`` is git's ``@@`` line."""

    heading: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class FileDiff:
    """How one file differs."""

    status: str
    path: str
    old_path: str
    additions: int
    deletions: int
    binary: bool = False
    old_mode: str = ""
    new_mode: str = ""
    hunks: list[Hunk] = field(default_factory=list)
    truncated: bool = False

    @property
    def word(self) -> str:
        """The status in a word."""
        return STATUS.get(self.status, "changed")

    @property
    def mode_change(self) -> str:
        """``100644 → 100755`` when both exist and differ."""
        both = self.status in "MRT" and self.old_mode != self.new_mode
        return f"{self.old_mode} → {self.new_mode}" if both else ""


def summary(data: bytes) -> list[FileDiff]:
    """The files of ``git diff-tree --raw --numstat -z``."""
    fields = data.decode(errors="replace").split("\0")
    files: list[FileDiff] = []
    counts: list[tuple[int, int, bool]] = []
    at = 0
    while at < len(fields):
        if fields[at].startswith(":"):
            at = _raw(fields, at, files)
        elif fields[at].count("\t") >= 2:
            at = _numbers(fields, at, counts)
        else:
            at += 1
    for file, (additions, deletions, binary) in zip(files, counts, strict=False):
        file.additions, file.deletions, file.binary = additions, deletions, binary
    return files


def _raw(fields: list[str], at: int, files: list[FileDiff]) -> int:
    old_mode, new_mode, _, _, status = fields[at][1:].split(" ")[:5]
    letter = status[:1]
    two = letter in "RC"
    old_path = fields[at + 1]
    path = fields[at + 2] if two else old_path
    files.append(FileDiff(letter, path, old_path, 0, 0, old_mode=old_mode, new_mode=new_mode))
    return at + (3 if two else 2)


def _numbers(fields: list[str], at: int, counts: list[tuple[int, int, bool]]) -> int:
    added, deleted, path = fields[at].split("\t", 2)
    counts.append((int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0, added == "-"))
    # A rename's paths follow in two fields of their own.
    return at + (1 if path else 3)


def fill(files: list[FileDiff], patch: str, *, cut: bool) -> None:
    """Put the hunks of ``patch`` into ``files``; ``cut`` says that the patch was too long to read whole."""
    budget = MAX_LINES
    sections = list(_sections(patch))
    for number, file in enumerate(files):
        if number >= len(sections) or (cut and number == len(sections) - 1):
            file.truncated = not file.binary
            continue
        if file.additions + file.deletions > MAX_FILE_LINES or budget <= 0:
            file.truncated = True
            continue
        file.hunks = list(hunks(sections[number]))
        budget -= sum(len(hunk.lines) for hunk in file.hunks)
        _colour(file)


def _sections(patch: str) -> Iterator[list[str]]:
    """The patch of each file; a change of type is two parts of one file."""
    current: list[str] = []
    heading = ""
    for line in patch.split("\n"):
        if line.startswith("diff --git ") and line != heading:
            if current:
                yield current
            current, heading = [], line
        current.append(line)
    if heading:
        yield current


def hunks(lines: Sequence[str]) -> Iterator[Hunk]:
    """The hunks of one file's patch."""
    hunk: Hunk | None = None
    old = new = old_left = new_left = 0
    for line in lines:
        if old_left <= 0 and new_left <= 0:
            found = _HUNK.match(line)
            if found:
                if hunk:
                    yield hunk
                hunk = Hunk(line)
                old, new = int(found[1]), int(found[3])
                old_left, new_left = int(found[2] or 1), int(found[4] or 1)
            continue
        mark, text = line[:1] or " ", line[1:].removesuffix("\r")
        if hunk is None or mark == "\\":
            continue
        hunk.lines.append(
            Line(mark, old if mark != "+" else None, new if mark != "-" else None, text, escape(text))
        )
        if mark != "+":
            old, old_left = old + 1, old_left - 1
        if mark != "-":
            new, new_left = new + 1, new_left - 1
    if hunk:
        yield hunk


def _colour(file: FileDiff) -> None:
    """Colour each side of each hunk as one text, so that strings over several lines come out right."""
    for hunk in file.hunks:
        for side, path in (("-", file.old_path), ("+", file.path)):
            chosen = [line for line in hunk.lines if line.mark in (" ", side)]
            coloured = highlight.lines(path, "\n".join(line.text for line in chosen))
            for line, html in zip(chosen, coloured, strict=False):
                line.html = html
