"""References on disk: read them all, move them in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from repos.git.adapters import process
from repos.git.errors import GitFailed, ReferenceChanged
from repos.git.types import Ref, RefChange

_FIELDS = "%00".join(
    [
        "%(refname)",
        "%(objectname)",
        "%(*objectname)",
        "%(subject)",
        "%(creatordate:unix)",
        "%(authorname)",
        "%(*authorname)",
    ]
)


def snapshot(directory: Path, *patterns: str) -> dict[str, str]:
    """``{full name: object id}`` of the references under ``patterns`` (all, but internal ones)."""
    out = process.run(directory, "for-each-ref", "--format=%(objectname) %(refname)", *patterns)
    rows = (line.split(" ", 1) for line in out.decode(errors="surrogateescape").splitlines())
    return {name: sha for sha, name in rows if not name.startswith("refs/internal/")}


def listed(directory: Path, pattern: str) -> list[Ref]:
    """The references under ``pattern`` with their commit, newest first."""
    out = process.run(directory, "for-each-ref", "--sort=-creatordate", f"--format={_FIELDS}", pattern)
    return [_ref(line) for line in out.decode(errors="replace").splitlines()]


def _ref(line: str) -> Ref:
    name, sha, peeled, subject, stamp, author, peeled_author = line.split("\0")
    at = datetime.fromtimestamp(int(stamp), UTC) if stamp.isdigit() else None
    return Ref(name, sha, peeled or sha, subject, at, author or peeled_author)


def apply(directory: Path, changes: Sequence[RefChange]) -> None:
    """Make all ``changes`` or none; each must still find ``before``. Raises ``ReferenceChanged``."""
    lines = ["start", *(_instruction(change) for change in changes), "prepare", "commit", ""]
    try:
        process.run(directory, "update-ref", "--stdin", stdin="\n".join(lines).encode())
    except GitFailed as error:
        if (
            "reference already exists" in str(error)
            or "but expected" in str(error)
            or "unable to resolve" in str(error)
        ):
            names = ", ".join(change.name for change in changes)
            raise ReferenceChanged(
                f"{names} moved in the meantime. Nothing was changed; read it again."
            ) from None
        raise


def _instruction(change: RefChange) -> str:
    zero = "0" * 40
    if not change.after:
        return f"delete {change.name} {change.before}"
    return f"update {change.name} {change.after} {change.before or zero}"


def holds(directory: Path, name: str) -> bool:
    """Whether the reference ``name`` (full) exists, internal ones included."""
    return bool(process.run(directory, "for-each-ref", "--format=x", name))


def discard(directory: Path, names: Iterable[str]) -> None:
    """Drop internal references, whatever they point to."""
    for name in names:
        process.run(directory, "update-ref", "-d", name)
