"""Writes commits made from files, without a work tree."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from devopsweb.kernel import ids
from repos.git.adapters import process, refs
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
    aside = f"refs/internal/commit/{ids.new_uuid()}"
    stream = _stream(aside, files, executable, parent, message, author, at)
    process.run(directory, "fast-import", "--quiet", "--force", stdin=b"".join(stream))
    sha = process.run(directory, "rev-parse", "--verify", "--end-of-options", aside).decode().strip()
    refs.discard(directory, [aside])
    if not sha:
        raise GitFailed("git fast-import made no commit.")
    return sha


def _stream(
    reference: str,
    files: Mapping[str, bytes],
    executable: Collection[str],
    parent: str,
    message: str,
    author: tuple[str, str],
    at: datetime,
) -> Iterator[bytes]:
    name, email = (_plain(part) for part in author)
    who = f"{name} <{email}> {int(at.timestamp())} +0000"
    yield f"commit {reference}\nauthor {who}\ncommitter {who}\n".encode()
    yield _data(message.encode())
    if parent:
        yield f"from {parent}\n".encode()
    yield b"deleteall\n"
    for path in sorted(files):
        mode = "100755" if path in executable else "100644"
        yield f"M {mode} inline {_quoted(path)}\n".encode() + _data(files[path])


def _data(content: bytes) -> bytes:
    return b"data %d\n" % len(content) + content + b"\n"


def _plain(text: str) -> str:
    return "".join(c for c in text if c not in "<>\n\r\0").strip()


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
