"""What merging two commits would give: the files that change, and those that conflict.

CodeCommit compares path by path, without looking for renames. At FILE_LEVEL a file that both sides
changed is a conflict; at LINE_LEVEL it is one only where both changed the same lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from repos.git.adapters import objects, process, writing
from repos.git.engine import merging, paths
from repos.git.engine.edits import Edit
from repos.git.engine.merging import Hunk, Texts
from repos.git.models import Repository
from repos.git.queries import differences, history, specifiers
from repos.git.queries.differences import EMPTY_TREE, Side
from repos.git.types import CommitInfo

FILE_LEVEL, LINE_LEVEL = "FILE_LEVEL", "LINE_LEVEL"
NONE, AUTOMERGE = "NONE", "AUTOMERGE"
SIDES = {"ACCEPT_SOURCE": "source", "ACCEPT_DESTINATION": "destination"}
MAX_TEXT = 6 << 20
_TEXT_MODES = ("100644", "100755")


@dataclass(frozen=True)
class Three:
    """A file in the base and on both sides; None where it is not."""

    base: Side | None
    source: Side | None
    destination: Side | None

    def sides(self) -> dict[str, Side]:
        """Those that are there, by name."""
        every = {"source": self.source, "destination": self.destination, "base": self.base}
        return {name: side for name, side in every.items() if side is not None}


@dataclass(frozen=True)
class FileConflict:
    """A file that cannot be merged by itself, and in which ways."""

    path: str
    three: Three
    content: bool = False
    mode: bool = False
    kind: bool = False
    hunks: tuple[Hunk, ...] = ()

    @property
    def count(self) -> int:
        """How many conflicts it has, of content and others."""
        parts = sum(hunk.is_conflict for hunk in self.hunks) or 1
        return (parts if self.content else 0) + self.mode + self.kind


@dataclass
class Comparison:
    """Two commits and how they would merge: ``edits`` lead from the destination's tree to the merged one."""

    source: CommitInfo
    destination: CommitInfo
    base: str
    edits: list[Edit] = field(default_factory=list)
    conflicts: list[FileConflict] = field(default_factory=list)

    @property
    def is_forward(self) -> bool:
        """Whether the destination has nothing that the source has not."""
        return self.base == self.destination.sha


def compare(
    target: Repository, source: str, destination: str, *, level: str = FILE_LEVEL, strategy: str = NONE
) -> Comparison:
    """How the commits of two specifiers would merge. Raises ``CommitNotFound``."""
    ours, theirs = specifiers.commit(target, destination), specifiers.commit(target, source)
    base = history.merge_base(target, base=ours.sha, head=theirs.sha)
    found = Comparison(theirs, ours, base)
    tree = specifiers.commit_by_id(target, base).tree if base else EMPTY_TREE
    by_source = {c.path: c for c in differences.tree_changes(target, tree, theirs.tree)}
    by_destination = {c.path: c for c in differences.tree_changes(target, tree, ours.tree)}
    with objects.borrow(target.directory) as reader:
        for path, change in by_source.items():
            other = by_destination.get(path)
            if other is None:
                _alone(found, reader, path, change)
            elif (change.after and (change.after.mode, change.after.sha)) != (
                other.after and (other.after.mode, other.after.sha)
            ):
                three = Three(change.before, change.after, other.after)
                _both(found, target, reader, path, three, level=level, strategy=strategy)
    return found


def _alone(found: Comparison, reader: objects.Reader, path: str, change: differences.Change) -> None:
    """A file that only the source changed; the destination may have put something else in its way."""
    if change.after is None:
        found.edits.append(Edit(path))
        return
    obstacle = None if change.before else _obstacle(reader, found.destination.sha, path)
    if obstacle is not None:
        found.conflicts.append(FileConflict(path, Three(None, change.after, obstacle), kind=True))
        return
    found.edits.append(Edit(path, change.after.mode, change.after.sha))


def _obstacle(reader: objects.Reader, commit: str, path: str) -> Side | None:
    for folder in paths.parents(path):
        header = reader.header(f"{commit}:{folder}")
        if header is None:
            return None
        if header.kind != "tree":
            return Side(folder, "100644", header.sha)
    header = reader.header(f"{commit}:{path}")
    return Side(path, "040000", header.sha) if header is not None else None


def _both(
    found: Comparison,
    target: Repository,
    reader: objects.Reader,
    path: str,
    three: Three,
    *,
    level: str,
    strategy: str,
) -> None:
    """A file that both sides changed, each in its way."""
    lines = level == LINE_LEVEL or strategy == AUTOMERGE
    if strategy in SIDES and not (lines and _is_text(reader, three)):
        kept = three.sides().get(SIDES[strategy])
        found.edits.append(Edit(path, kept.mode, kept.sha) if kept else Edit(path))
        return
    conflict = examine(target, reader, path, three, lines=lines)
    mode = _mode(three, SIDES.get(strategy, "") if conflict.mode else "")
    if lines and mode and not conflict.kind and (three.source and three.destination):
        text = _merged(reader, conflict, prefer=SIDES.get(strategy, ""))
        if text is not None and not (conflict.mode and strategy not in SIDES):
            found.edits.append(Edit(path, mode, content=text))
            return
    found.conflicts.append(conflict)


def examine(
    target: Repository, reader: objects.Reader, path: str, three: Three, *, lines: bool
) -> FileConflict:
    """In which ways the two sides of a file conflict; ``lines`` looks at their lines."""
    source, destination, base = three.source, three.destination, three.base
    if source is None or destination is None:
        return FileConflict(path, three, content=True)
    kind = _kind(source.mode) != _kind(destination.mode)
    changed = {side.mode for side in (source, destination) if base is None or side.mode != base.mode}
    mode = not kind and len(changed) > 1
    parts: tuple[Hunk, ...] = ()
    content = source.sha != destination.sha
    if _is_text(reader, three) and not kind:
        parts = tuple(_hunks(target, reader, three))
        if lines:
            content = any(part.is_conflict for part in parts)
    elif base is not None and base.sha in (source.sha, destination.sha) and lines:
        content = False
    # At FILE_LEVEL two different changes of one file are a conflict even when they would fit together.
    content = content or not (lines or kind or mode)
    return FileConflict(path, three, content=content, mode=mode, kind=kind, hunks=parts)


def _kind(mode: str) -> str:
    return mode[:3]


def _mode(three: Three, prefer: str) -> str:
    """The mode that the merged file has: the one that a side gave it, or that of the preferred side."""
    if prefer and prefer in three.sides():
        return three.sides()[prefer].mode
    if three.source is None or three.destination is None:
        return ""
    unchanged = three.base is not None and three.source.mode == three.base.mode
    return three.destination.mode if unchanged else three.source.mode


def _is_text(reader: objects.Reader, three: Three) -> bool:
    if three.source is None or three.destination is None:
        return False
    return all(
        side.mode in _TEXT_MODES and _size(reader, side.sha) <= MAX_TEXT and not is_binary(reader, side)
        for side in three.sides().values()
    )


def _size(reader: objects.Reader, sha: str) -> int:
    header = reader.header(sha)
    return header.size if header is not None else 0


def size(reader: objects.Reader, side: Side) -> int:
    """The size of a file; of a folder or submodule, none."""
    return _size(reader, side.sha) if side.mode.startswith(("10", "12")) else 0


def is_binary(reader: objects.Reader, side: Side) -> bool:
    """Whether a file is no text, as git sees it."""
    if not side.mode.startswith("10") or _size(reader, side.sha) > MAX_TEXT:
        return False
    return b"\0" in reader.data(side.sha)[:8000]


def texts(reader: objects.Reader, three: Three) -> Texts:
    """The lines of the three versions."""
    read = {name: merging.lines(reader.data(side.sha)) for name, side in three.sides().items()}
    return Texts(read.get("base", []), read.get("source", []), read.get("destination", []))


def _hunks(target: Repository, reader: objects.Reader, three: Three) -> Sequence[Hunk]:
    read = texts(reader, three)
    sides = [merging.changes(_patch(target, three.base, side)) for side in (three.source, three.destination)]
    return merging.hunks(read, *sides)


def _patch(target: Repository, base: Side | None, side: Side | None) -> bytes:
    old = base.sha if base else writing.empty_blob(target.directory)
    new = side.sha if side else old
    return process.run(
        target.directory, "diff", "-U0", "--no-color", "--no-ext-diff", "--text", old, new, "--"
    )


def _merged(reader: objects.Reader, conflict: FileConflict, *, prefer: str) -> bytes | None:
    three = conflict.three
    if conflict.hunks:
        return merging.merged(texts(reader, three), conflict.hunks, prefer=prefer)
    if conflict.content or three.source is None or three.destination is None:
        return None
    # Not text, but only one side has touched the content.
    same = three.base is not None and three.source.sha == three.base.sha
    return reader.data(three.destination.sha if same else three.source.sha)


def merge_commit(target: Repository, source: str, destination: str) -> str:
    """The commit that merged ``source`` into ``destination`` (full ids), or an empty text."""
    out = process.run(target.directory, "rev-list", "--all", "--merges", "--parents").decode()
    rows = (line.split() for line in out.splitlines())
    return next((sha for sha, *parents in rows if parents == [destination, source]), "")
