"""The commits that changed one file, back through its renames, and which follows on which."""

from collections.abc import Sequence
from dataclasses import dataclass

from repos.git.adapters import objects, process
from repos.git.models import Repository
from repos.git.types import CommitInfo

MOST = 5000
RENAMES = 50


@dataclass(frozen=True)
class FileRevision:
    """A file as one commit left it; ``children`` are the next commits that changed it."""

    sha: str
    path: str
    children: tuple[str, ...]


def of(target: Repository, tip: str, path: str) -> list[FileRevision]:
    """The revisions of the file at ``path``, newest first, seen from the commit ``tip``."""
    found: list[FileRevision] = []
    later: tuple[str, ...] = ()
    for _ in range(RENAMES):
        rows = _rows(target, tip, path)
        children = _children(rows)
        for sha, _parents in rows:
            own = children.get(sha, ())
            found.append(FileRevision(sha, path, own or (later if sha == rows[0][0] else ())))
        roots = [sha for sha, parents in rows if not parents]
        before = _before_rename(target, roots[-1], path) if roots else None
        if before is None or len(found) >= MOST:
            break
        later = (roots[-1],)
        tip, path = before
    return found[:MOST]


def _rows(target: Repository, tip: str, path: str) -> list[tuple[str, list[str]]]:
    """Each commit that changed ``path`` with its parents in the file's own history."""
    out = process.run(
        target.directory,
        *("rev-list", "--parents", "--topo-order", f"--max-count={MOST}", "--end-of-options", tip, "--"),
        f":(top,literal){path}",
    )
    return [(sha, parents) for sha, *parents in (line.split() for line in out.decode().splitlines())]


def _children(rows: Sequence[tuple[str, list[str]]]) -> dict[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    for sha, parents in rows:
        for parent in parents:
            children.setdefault(parent, []).append(sha)
    return {parent: tuple(shas) for parent, shas in children.items()}


def _before_rename(target: Repository, sha: str, path: str) -> tuple[str, str] | None:
    """The parent of ``sha`` and the file's name there, if ``sha`` renamed it to ``path``."""
    out = process.run(
        target.directory,
        *("diff-tree", "-r", "-M", "-z", "--name-status", "--diff-filter=R", "--no-commit-id", sha),
    )
    fields = iter(out.split(b"\0")[:-1])
    for _status in fields:
        old, new = next(fields), next(fields)
        if objects.text_of(new) == path:
            return f"{sha}^", objects.text_of(old)
    return None


def details(
    target: Repository, revisions: Sequence[FileRevision]
) -> list[tuple[FileRevision, CommitInfo, str]]:
    """Each revision with its commit and its blob; those that deleted the file are left out."""
    found = []
    with objects.borrow(target.directory) as reader:
        for revision in revisions:
            header = reader.header(f"{revision.sha}:{revision.path}")
            if header is not None and header.kind == "blob":
                found.append((revision, reader.commit(revision.sha), header.sha))
    return found
