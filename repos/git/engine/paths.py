"""Paths of files and folders inside a repository (CodeCommit User Guide, "Quotas")."""

from repos.git.errors import EditRefused, InvalidPath

MAX_LENGTH = 4096
MAX_DEPTH = 20


def file(path: str) -> str:
    """``path`` without a leading slash, if a file may lie there. Raises ``InvalidPath``, ``EditRefused``."""
    if not path:
        raise EditRefused("PathRequiredException", "A path is required, but none was given.")
    inner = path.removeprefix("/")
    if not inner or not _is_sound(inner):
        raise InvalidPath(
            f"The path {path[:200]!r} is not valid: give the whole path of a file from the root, 1 to 4,096 "
            "characters, at most 20 folders deep, without '.', '..' or '.git' as a part and without '//'."
        )
    return inner


def folder(path: str) -> str:
    """``path`` without slashes at its ends; ``/`` is the root. Raises ``InvalidPath``, ``EditRefused``."""
    if not path:
        raise EditRefused("PathRequiredException", "A path is required, but none was given.")
    inner = path.removeprefix("/").removesuffix("/")
    return file(inner) if inner else ""


def _is_sound(path: str) -> bool:
    if len(path) > MAX_LENGTH or path.endswith(("/", "\\")) or "\0" in path or "\n" in path:
        return False
    parts = path.split("/")
    return len(parts) <= MAX_DEPTH + 1 and not any(
        part in {"", ".", ".."} or part.lower() == ".git" for part in parts
    )


def parents(path: str) -> list[str]:
    """The folders that hold ``path``, outermost first, without the root."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]
