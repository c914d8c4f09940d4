"""Commits made without a clone: files put, deleted, moved, made executable."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from devopsweb.iam.api import Principal
from repos.git.actions import references
from repos.git.adapters import objects, refs, writing
from repos.git.engine import edits, names
from repos.git.engine.edits import Edit, Found, Wishes
from repos.git.errors import BranchNotFound, EditRefused, ParentCommitIdOutdated, ReferenceChanged
from repos.git.models import Repository
from repos.git.types import RefChange


@dataclass(frozen=True)
class Changed:
    """A file that the commit left, or took away (then with what it was): path, blob, git's mode."""

    path: str
    sha: str
    mode: str


@dataclass(frozen=True)
class Made:
    """A commit, its tree, and the files that it added, updated and deleted."""

    commit: str
    tree: str
    added: tuple[Changed, ...] = ()
    updated: tuple[Changed, ...] = ()
    deleted: tuple[Changed, ...] = ()


@dataclass(frozen=True)
class Words:
    """Who makes a commit and what they say of it; empty texts mean that they said nothing."""

    name: str = ""
    email: str = ""
    message: str = ""


def commit(
    *,
    repository: Repository,
    branch: str,
    parent: str,
    wishes: Wishes,
    words: Words,
    principal: Principal,
    at: datetime,
) -> Made:
    """Commit ``wishes`` on top of ``branch``, whose tip must be ``parent``.

    Raises ``EditRefused``, ``ParentCommitIdOutdated``, ``BranchNotFound``, ``FileNotFound``.
    """
    edits.check_words(name=words.name, email=words.email, message=words.message)
    full_name = names.BRANCHES + names.check_reference(branch)
    require_parent(repository, full_name, parent)
    with objects.borrow(repository.directory) as reader:
        look = looking(reader, parent)
        planned = edits.plan(wishes, look)
        changes = [edit for edit in planned if not _is_there(edit, look)]
        message = words.message or edits.default_message(planned, look)
    if not changes:
        raise EditRefused("NoChangeException", "The commit would change nothing.")
    sha = writing.amend(
        repository.directory,
        edits=changes,
        parents=[parent] if parent else [],
        message=message,
        author=(words.name or principal.arn, words.email),
        at=at,
    )
    made = _made(repository, sha, parent, changes)
    if made.tree == _tree_of(repository, parent):
        raise EditRefused("NoChangeException", "The commit would change nothing.")
    _move(repository, RefChange(full_name, parent, sha), principal, at)
    return made


def require_parent(repository: Repository, full_name: str, parent: str) -> None:
    """Raise unless ``parent`` is the tip of the branch, or both are empty in an empty repository."""
    known = refs.snapshot(
        repository.directory, full_name, names.TAGS + full_name.removeprefix(names.BRANCHES)
    )
    tip = known.pop(full_name, "")
    short_name = full_name.removeprefix(names.BRANCHES)
    if not tip and known:
        raise EditRefused("BranchNameIsTagNameException", f"{short_name} is the name of a tag.")
    if not tip and (parent or repository.default_branch):
        raise BranchNotFound(f"{repository.name} has no branch {short_name!r}.")
    if tip and not parent:
        raise EditRefused(
            "ParentCommitIdRequiredException", f"Give the id of the last commit of {short_name}."
        )
    if parent and not names.is_sha(parent):
        raise EditRefused("InvalidParentCommitIdException", f"{parent[:100]!r} is not a full commit id.")
    if parent and parent != tip:
        _refuse_parent(repository, short_name, parent)


def _refuse_parent(repository: Repository, branch: str, parent: str) -> None:
    with objects.borrow(repository.directory) as reader:
        header = reader.header(parent)
    if header is None or header.kind != "commit":
        raise EditRefused("ParentCommitDoesNotExistException", f"{branch} has no commit {parent}.")
    raise _outdated(branch, parent)


def _outdated(branch: str, parent: str) -> ParentCommitIdOutdated:
    return ParentCommitIdOutdated(
        f"{parent} is not the last commit of {branch}. Read the branch, look at what is new, and try again."
    )


def _move(repository: Repository, change: RefChange, principal: Principal, at: datetime) -> None:
    try:
        references.move(repository=repository, changes=[change], principal=principal, at=at)
    except ReferenceChanged:
        raise _outdated(change.name.removeprefix(names.BRANCHES), change.before) from None


def looking(reader: objects.Reader, commit: str) -> Callable[[str], Found | None]:
    """Reads what the tree of ``commit`` (or of none) holds at a path."""
    seen: dict[str, Found | None] = {}

    def look(path: str) -> Found | None:
        if path not in seen:
            seen[path] = _found(reader, commit, path)
        return seen[path]

    return look


def _found(reader: objects.Reader, commit: str, path: str) -> Found | None:
    if not commit:
        return None
    folder, _, name = path.rpartition("/")
    header = reader.header(f"{commit}:{folder}")
    rows = reader.tree(header.sha) if header is not None and header.kind == "tree" else None
    row = next((row for row in rows or [] if row.name == name), None)
    if row is None:
        return None
    inside = reader.tree(row.sha) or [] if row.kind == "tree" else []
    return Found(row.kind, row.mode, row.sha, tuple(entry.name for entry in inside))


def _is_there(edit: Edit, look: Callable[[str], Found | None]) -> bool:
    """Whether the tree is that way already, as far as it can be told without writing."""
    found = look(edit.path)
    return bool(found and edit.content is None and (found.mode, found.sha) == (edit.mode, edit.sha))


def _tree_of(repository: Repository, commit: str) -> str:
    if not commit:
        return ""
    with objects.borrow(repository.directory) as reader:
        return reader.commit(commit).tree


def _made(repository: Repository, sha: str, parent: str, changes: Sequence[Edit]) -> Made:
    added: list[Changed] = []
    updated: list[Changed] = []
    deleted: list[Changed] = []
    with objects.borrow(repository.directory) as reader:
        before, after = looking(reader, parent), looking(reader, sha)
        for edit in changes:
            old, new = before(edit.path), after(edit.path)
            if new is None:
                deleted.append(Changed(edit.path, old.sha if old else "", old.mode if old else ""))
            elif old is None:
                added.append(Changed(edit.path, new.sha, new.mode))
            elif (old.sha, old.mode) != (new.sha, new.mode):
                updated.append(Changed(edit.path, new.sha, new.mode))
        tree = reader.commit(sha).tree
    return Made(sha, tree, tuple(added), tuple(updated), tuple(deleted))
