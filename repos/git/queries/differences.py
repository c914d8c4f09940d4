"""What two commits differ in."""

from repos.git.adapters import process
from repos.git.engine import diffs
from repos.git.engine.diffs import FileDiff
from repos.git.models import Repository
from repos.git.types import DiffStat

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
