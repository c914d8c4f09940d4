"""What two commits differ in."""

from dataclasses import dataclass

from repos.git.adapters import objects, process, writing
from repos.git.engine import diffs
from repos.git.engine.diffs import FileDiff, Hunk
from repos.git.errors import PathNotFound
from repos.git.models import Repository
from repos.git.queries import trees
from repos.git.types import CommitInfo, DiffStat

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_FILES = 300
MAX_PATCH = 3 << 20


def stat(target: Repository, *, base: str, head: str) -> DiffStat:
    """Files, added and deleted lines between two commits; an empty ``base`` is the empty tree."""
    files = _summary(target, base, head)
    return DiffStat(len(files), sum(f.additions for f in files), sum(f.deletions for f in files))


def _summary(target: Repository, base: str, head: str) -> list[FileDiff]:
    out = process.run(
        target.directory,
        *("diff-tree", "-r", "-M", "--raw", "--numstat", "-z", "--end-of-options", base or EMPTY_TREE, head),
    )
    return diffs.summary(out)


def files(target: Repository, *, base: str, head: str) -> tuple[list[FileDiff], DiffStat]:
    """The files that differ with their hunks, as far as a page can show them, and the whole count."""
    found = _summary(target, base, head)
    total = DiffStat(len(found), sum(f.additions for f in found), sum(f.deletions for f in found))
    shown = found[:MAX_FILES]
    patch, cut = process.run_bounded(
        target.directory,
        *("-c", "core.quotePath=false", "diff-tree", "-r", "-M", "-p", "--no-color", "--no-ext-diff"),
        *("--no-textconv", "--end-of-options", base or EMPTY_TREE, head),
        limit=MAX_PATCH,
    )
    diffs.fill(shown, patch.decode(errors="replace"), cut=cut)
    return shown, total


@dataclass(frozen=True)
class Side:
    """A file before or after a change."""

    path: str
    mode: str
    sha: str


@dataclass(frozen=True)
class Change:
    """One file that differs; without ``before`` it was added, without ``after`` deleted. Renames are both."""

    before: Side | None
    after: Side | None

    @property
    def path(self) -> str:
        """Where the file is, or was."""
        side = self.after or self.before
        return side.path if side else ""


def changes(
    target: Repository,
    before: CommitInfo | None,
    after: CommitInfo,
    *,
    old_path: str = "",
    new_path: str = "",
) -> list[Change]:
    """The files in which two commits differ, by path; without ``before`` all of ``after`` counts as added.

    The paths (files or folders, empty: the root) limit what is compared; they differ when a folder was
    renamed. Raises ``PathNotFound`` when neither commit has its path.
    """
    old = _place(target, before, old_path) if before else None
    new = _place(target, after, new_path)
    if old is None and new is None:
        raise PathNotFound(f"Neither commit has anything at {(new_path or old_path)[:200]!r}.")
    found: list[Change] = []
    if any(place and place.kind != "tree" for place in (old, new)):
        found = _of_files(old, new)
    old_tree = old.sha if old and old.kind == "tree" else EMPTY_TREE
    new_tree = new.sha if new and new.kind == "tree" else EMPTY_TREE
    inside = tree_changes(target, old_tree, new_tree)
    return found + [Change(_under(old_path, c.before), _under(new_path, c.after)) for c in inside]


def _place(target: Repository, commit: CommitInfo, path: str) -> trees.Place | None:
    try:
        return trees.at(target, commit, path)
    except PathNotFound:
        return None


def _of_files(old: trees.Place | None, new: trees.Place | None) -> list[Change]:
    sides = [
        Side(place.path, place.mode, place.sha) if place and place.kind != "tree" else None
        for place in (old, new)
    ]
    before, after = sides
    same = before and after and (before.mode, before.sha) == (after.mode, after.sha)
    return [] if same or not (before or after) else [Change(before, after)]


def _under(folder: str, side: Side | None) -> Side | None:
    return Side(f"{folder}/{side.path}", side.mode, side.sha) if side and folder else side


def tree_changes(target: Repository, old: str, new: str) -> list[Change]:
    """The files in which two trees differ, by path."""
    out = process.run(target.directory, "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new)
    fields = out.split(b"\0")
    found = []
    for row, raw in zip(fields[::2], fields[1::2], strict=False):
        old_mode, new_mode, old_sha, new_sha, _ = row.decode()[1:].split(" ")
        path = objects.text_of(raw)
        before = Side(path, old_mode, old_sha) if old_mode != "000000" else None
        after = Side(path, new_mode, new_sha) if new_mode != "000000" else None
        found.append(Change(before, after))
    return sorted(found, key=lambda change: change.path)


def of_blobs(target: Repository, before: str, after: str, *, context: int, blanks: bool) -> list[Hunk]:
    """How two texts (blob ids; empty: no text) differ; ``blanks`` says whether spaces count."""
    options = [f"-U{context}", "--no-color", "--no-ext-diff", "--no-textconv", "--text"]
    if not blanks:
        options.append("--ignore-all-space")
    old = before or writing.empty_blob(target.directory)
    out = process.run(target.directory, "diff", *options, old, after, "--")
    return list(diffs.hunks(out.decode(errors="replace").split("\n")))
