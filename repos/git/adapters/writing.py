"""Writes commits without a work tree."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from devopsweb.kernel import ids
from repos.git.adapters import process, refs
from repos.git.engine.edits import Edit
from repos.git.errors import GitFailed


def commit(
    directory: Path,
    *,
    files: Mapping[str, bytes],
    executable: Collection[str],
    parent: str,
    message: str,
    author: tuple[str, str],
    at: datetime,
) -> str:
    """The id of a new commit that holds exactly ``files``; no branch points to it yet."""
    edits = [
        Edit(path, "100755" if path in executable else "100644", content=files[path])
        for path in sorted(files)
    ]
    parents = [parent] if parent else []
    return amend(
        directory, edits=edits, parents=parents, message=message, author=author, at=at, from_nothing=True
    )


def amend(
    directory: Path,
    *,
    edits: Sequence[Edit],
    parents: Sequence[str],
    message: str,
    author: tuple[str, str],
    at: datetime,
    from_nothing: bool = False,
) -> str:
    """The id of a new commit: the tree of the first parent with ``edits``; no branch points to it yet.

    ``from_nothing`` starts from the empty tree instead.
    """
    aside = f"refs/internal/commit/{ids.new_uuid()}"
    stream = _stream(aside, edits, parents, message, author, at, from_nothing)
    process.run(directory, "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    sha = process.run(directory, "rev-parse", "--verify", "--end-of-options", aside).decode().strip()
    refs.discard(directory, [aside])
    if not sha:
        raise GitFailed("git fast-import made no commit.")
    return sha


def empty_blob(directory: Path) -> str:
    """The id of the empty text; unlike the empty tree, git knows it only once it is there."""
    return process.run(directory, "hash-object", "-t", "blob", "-w", "--stdin").decode().strip()


def _stream(
    reference: str,
    edits: Sequence[Edit],
    parents: Sequence[str],
    message: str,
    author: tuple[str, str],
    at: datetime,
    from_nothing: bool,
) -> Iterator[bytes]:
    name, email = (_plain(part) for part in author)
    who = f"{name} <{email}> {int(at.timestamp())} +0000"
    yield f"commit {reference}\nauthor {who}\ncommitter {who}\n".encode()
    yield _data(message.encode())
    for word, parent in zip(["from", *["merge"] * len(parents)], parents, strict=False):
        yield f"{word} {parent}\n".encode()
    if from_nothing:
        yield b"deleteall\n"
    # What goes makes room first: a folder may take the name of a file that goes.
    for edit in sorted(edits, key=lambda edit: bool(edit.mode)):
        yield _instruction(edit)


def _instruction(edit: Edit) -> bytes:
    path = _quoted(edit.path)
    if not edit.mode:
        return f"D {path}\n".encode()
    if edit.content is None:
        return f"M {edit.mode} {edit.sha} {path}\n".encode()
    return f"M {edit.mode} inline {path}\n".encode() + _data(edit.content)


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


def _plain(text: str) -> str:
    return "".join(c for c in text if c not in "<>\n\r\0").strip()


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
