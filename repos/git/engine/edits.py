"""What a commit made without a clone changes: checked against the tree that it starts from. Pure.

The words of the refusals are CodeCommit's (API reference, CreateCommit).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname

from repos.git.engine import paths
from repos.git.errors import EditRefused, FileNotFound

MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}
MOST_FILES = 100
MAX_FILE = 6 << 20
MAX_CONTENT = 7 << 20
MAX_MESSAGE = 256 << 10
MAX_NAME = 1024
MAX_EMAIL = 256
KEEP = ".gitkeep"


@dataclass(frozen=True)
class Put:
    """A file to be there: with ``content``, or as ``source`` is (which goes away when it ``moves``)."""

    path: str
    mode: str = ""
    content: bytes | None = None
    source: str = ""
    moves: bool = False


@dataclass(frozen=True)
class Wishes:
    """Everything that one commit is asked to change; modes are git's (``100755``)."""

    puts: Sequence[Put] = ()
    deletes: Sequence[str] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    keep_empty_folders: bool = False


@dataclass(frozen=True)
class Found:
    """What the tree holds at a path: ``kind`` is blob, link, tree or commit; ``names`` the rows of a tree."""

    kind: str
    mode: str
    sha: str
    names: tuple[str, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it is a file or a link."""
        return self.kind in ("blob", "link")


@dataclass(frozen=True)
class Edit:
    """One path of the new tree: gone without ``mode``, else ``content`` or the blob ``sha``."""

    path: str
    mode: str = ""
    sha: str = ""
    content: bytes | None = None


Look = Callable[[str], Found | None]


def plan(wishes: Wishes, look: Look) -> list[Edit]:
    """The edits that fulfil ``wishes``, one per path. Raises ``EditRefused``, ``FileNotFound``."""
    _check_paths(wishes)
    edits: dict[str, Edit] = {path: Edit(path) for path in _gone(wishes, look)}
    for put in wishes.puts:
        _check_place(put.path, look, edits)
        edits[put.path] = _put(put, look)
    for path, mode in wishes.modes.items():
        edits[path] = Edit(path, mode, _file(path, look).sha)
    if wishes.keep_empty_folders:
        edits |= _keepers(edits, look)
    return list(edits.values())


def _gone(wishes: Wishes, look: Look) -> Iterator[str]:
    moved = [put.source for put in wishes.puts if put.moves and put.source]
    for path in [*wishes.deletes, *moved]:
        _file(path, look)
        yield path


def _check_paths(wishes: Wishes) -> None:
    puts = [put.path for put in wishes.puts]
    deletes = [*wishes.deletes, *(put.source for put in wishes.puts if put.moves and put.source)]
    every = [*puts, *deletes, *wishes.modes]
    if not every:
        raise EditRefused("FileEntryRequiredException", "A commit needs at least one file to change.")
    if len(every) > MOST_FILES:
        raise EditRefused(
            "MaximumFileEntriesExceededException",
            f"A commit can change {MOST_FILES} files at most, not {len(every)}. Use git for larger ones.",
        )
    twice = next((path for path in every if every.count(path) > 1), None)
    if twice is not None:
        raise EditRefused("SamePathRequestException", f"{twice} is changed more than once in this commit.")
    both = next((path for path in puts for folder in paths.parents(path) if folder in puts), None)
    if both is not None:
        raise EditRefused("PutFileEntryConflictException", f"{both} lies in what is put as a file as well.")
    if sum(len(put.content or b"") for put in wishes.puts) > MAX_CONTENT:
        raise _too_large("The files of a commit may have 7 MB together.")


def _too_large(message: str) -> EditRefused:
    return EditRefused("FileContentSizeLimitExceededException", f"{message} Use git for larger ones.")


def _check_place(path: str, look: Look, edits: Mapping[str, Edit]) -> None:
    for folder in paths.parents(path):
        found = look(folder)
        if found is None:
            return
        if found.kind == "commit":
            raise _in_submodule(path, folder)
        if found.is_file and folder not in edits:
            raise EditRefused(
                "DirectoryNameConflictsWithFileNameException",
                f"{folder} is a file, so it cannot hold {path}.",
            )
    found = look(path)
    if found is not None and found.kind == "commit":
        raise _in_submodule(path, path)
    if found is not None and found.kind == "tree":
        raise EditRefused("FileNameConflictsWithDirectoryNameException", f"{path} is a folder.")


def _in_submodule(path: str, submodule: str) -> EditRefused:
    return EditRefused(
        "FilePathConflictsWithSubmodulePathException", f"{path} points into the submodule {submodule}."
    )


def _file(path: str, look: Look) -> Found:
    found = look(path)
    if found is None or not found.is_file:
        raise FileNotFound(f"The branch has no file {path}.")
    return found


def _put(put: Put, look: Look) -> Edit:
    if put.content is not None and put.source:
        raise EditRefused(
            "FileContentAndSourceFileSpecifiedException",
            f"Give either content or a source file for {put.path}, not both.",
        )
    if put.source:
        if put.source.rsplit("/", 1)[-1] == KEEP:
            raise EditRefused("RestrictedSourceFileException", f"{KEEP} files cannot be copied or moved.")
        source = _file(put.source, look)
        return Edit(put.path, put.mode or source.mode, source.sha)
    if put.content is None:
        raise EditRefused(
            "SourceFileOrContentRequiredException", f"Give content or a source file for {put.path}."
        )
    if len(put.content) > MAX_FILE:
        raise _too_large(f"{put.path} is larger than 6 MB.")
    return Edit(put.path, put.mode or MODES["NORMAL"], content=put.content)


def _keepers(edits: Mapping[str, Edit], look: Look) -> dict[str, Edit]:
    """A ``.gitkeep`` for each folder out of which everything goes."""
    made: dict[str, Edit] = {}
    left = {path for path, edit in edits.items() if edit.mode}
    for path in [path for path, edit in edits.items() if not edit.mode]:
        folder = dirname(path)
        found = look(folder) if folder else None
        if found is None or any(kept.startswith(f"{folder}/") for kept in left):
            continue
        if all(f"{folder}/{name}" in edits for name in found.names):
            keeper = f"{folder}/{KEEP}"
            made[keeper] = Edit(keeper, MODES["NORMAL"], content=b"")
    return made


def default_message(edits: Sequence[Edit], look: Look) -> str:
    """What the commit is called when nobody says: ``Added a.txt``."""
    verbs = []
    for edit in edits:
        verb = "Deleted" if not edit.mode else "Edited" if look(edit.path) else "Added"
        verbs.append(f"{verb} {edit.path}")
    if len(verbs) == 1:
        return verbs[0]
    return f"Changed {len(verbs)} files\n\n" + "\n".join(verbs)


def check_words(*, name: str, email: str, message: str) -> None:
    """Raise ``EditRefused`` unless author and message are of lawful length and form."""
    if len(name) > MAX_NAME:
        raise EditRefused("NameLengthExceededException", f"A name may have {MAX_NAME:,} characters.")
    if len(email) > MAX_EMAIL or any(c in email for c in "<>\n\r\0"):
        raise EditRefused(
            "InvalidEmailException", f"An e-mail address may have {MAX_EMAIL} characters, and no '<' or '>'."
        )
    if len(message.encode()) > MAX_MESSAGE:
        raise EditRefused("CommitMessageLengthExceededException", "A commit message may have 256 KB.")
