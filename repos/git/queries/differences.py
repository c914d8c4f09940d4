"""What two commits differ in."""

from repos.git.adapters import process
from repos.git.models import Repository
from repos.git.types import DiffStat

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def stat(target: Repository, *, base: str, head: str) -> DiffStat:
    """Files, added and deleted lines between two commits; an empty ``base`` is the empty tree."""
    out = process.run(
        target.directory,
        "diff-tree",
        "-r",
        "-M",
        "--numstat",
        "-z",
        "--end-of-options",
        base or EMPTY_TREE,
        head,
    )
    # A rename is "<added> TAB <deleted> TAB NUL old NUL new NUL"; only rows with tabs count.
    rows = [row.split(b"\t") for row in out.split(b"\0") if row.count(b"\t") >= 2]
    numbers = [(int(a) if a.isdigit() else 0, int(d) if d.isdigit() else 0) for a, d, *_ in rows]
    return DiffStat(len(numbers), sum(a for a, _ in numbers), sum(d for _, d in numbers))
