"""Merges of branches without a clone: forward, squashed, or with two parents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from devopsweb.iam.api import Principal
from repos.git.actions import references
from repos.git.actions.edits import Words
from repos.git.adapters import refs, writing
from repos.git.engine import edits, names
from repos.git.engine.edits import Edit
from repos.git.errors import (
    BranchNotFound,
    ConcurrentReferenceUpdate,
    EditRefused,
    ManualMergeRequired,
    ReferenceChanged,
)
from repos.git.models import Repository
from repos.git.queries import history
from repos.git.queries.merging import Comparison, FileConflict
from repos.git.types import RefChange

FORWARD, SQUASH, THREE_WAY = "FAST_FORWARD_MERGE", "SQUASH_MERGE", "THREE_WAY_MERGE"
MOST_ENTRIES = 100


@dataclass(frozen=True)
class Replacement:
    """What a conflicting file shall be: ``side`` names whose version, or is empty for ``content``."""

    side: str = ""
    content: bytes | None = None
    mode: str = ""


@dataclass(frozen=True)
class Resolution:
    """A person's answers to conflicts, by path; modes are git's."""

    replacements: Mapping[str, Replacement] = field(default_factory=dict)
    deletes: Sequence[str] = ()
    modes: Mapping[str, str] = field(default_factory=dict)


def branch_of(repository: Repository, specifier: str) -> str:
    """The short name of the branch that a specifier names. Raises ``EditRefused``, ``BranchNotFound``."""
    short_name = names.check_reference(specifier.removeprefix(names.BRANCHES))
    full_name = names.BRANCHES + short_name
    known = refs.snapshot(repository.directory, full_name, names.TAGS + short_name)
    if full_name in known:
        return short_name
    if known:
        raise EditRefused("BranchNameIsTagNameException", f"{short_name} is the name of a tag.")
    raise BranchNotFound(f"{repository.name} has no branch {short_name!r}.")


def merge(
    *,
    repository: Repository,
    comparison: Comparison,
    branch: str,
    option: str,
    words: Words,
    resolution: Resolution,
    principal: Principal,
    at: datetime,
) -> str:
    """Merge, and move ``branch`` to the result; the id of the commit that it is at then.

    Raises ``ManualMergeRequired``, ``ConcurrentReferenceUpdate``, ``EditRefused``.
    """
    full_name = names.BRANCHES + branch
    tip = refs.snapshot(repository.directory, full_name).get(full_name, "")
    destination = comparison.destination.sha
    if tip != destination and history.merge_base(repository, base=tip, head=destination) != tip:
        raise ManualMergeRequired(f"{branch} has commits that the destination has not.")
    sha = make(
        repository=repository,
        comparison=comparison,
        option=option,
        words=words,
        resolution=resolution,
        principal=principal,
        at=at,
    )
    if sha != tip:
        change = RefChange(full_name, tip, sha)
        try:
            references.move(repository=repository, changes=[change], principal=principal, at=at)
        except ReferenceChanged:
            raise ConcurrentReferenceUpdate(f"{branch} moved while the merge was made. Try again.") from None
    return sha


def make(
    *,
    repository: Repository,
    comparison: Comparison,
    option: str,
    words: Words,
    resolution: Resolution,
    principal: Principal,
    at: datetime,
) -> str:
    """The id of the merged commit, which no branch points to yet.

    Raises ``ManualMergeRequired``, ``EditRefused``.
    """
    edits.check_words(name=words.name, email=words.email, message=words.message)
    source, destination = comparison.source.sha, comparison.destination.sha
    if option == FORWARD:
        if not comparison.is_forward:
            raise ManualMergeRequired(f"{destination} is no ancestor of {source}: no merge without a commit.")
        return source
    if not comparison.base:
        raise ManualMergeRequired("The two have no commit in common.")
    if comparison.base == source:
        return destination
    changes = [*comparison.edits, *_resolved(comparison, resolution)]
    return writing.amend(
        repository.directory,
        edits=changes,
        parents=[destination, source] if option == THREE_WAY else [destination],
        message=words.message or f"Merge {source[:12]} into {destination[:12]}",
        author=(words.name or principal.arn, words.email),
        at=at,
    )


def keep_unreferenced(*, repository: Repository, sha: str) -> None:
    """Hold on to a commit that no branch points to, so that housekeeping leaves it."""
    name = f"refs/internal/merge/{sha}"
    if not refs.holds(repository.directory, name):
        refs.apply(repository.directory, [RefChange(name, "", sha)])


def _resolved(comparison: Comparison, resolution: Resolution) -> list[Edit]:
    """The edits that settle every conflict. Raises ``ManualMergeRequired``."""
    _check(resolution)
    left = [one for one in comparison.conflicts if not _is_settled(one, resolution)]
    if left:
        shown = ", ".join(one.path for one in left[:5])
        raise ManualMergeRequired(f"{len(left)} files conflict ({shown}). Resolve them, or merge with git.")
    return [_settled(conflict, resolution) for conflict in comparison.conflicts]


def _check(resolution: Resolution) -> None:
    every = [*resolution.replacements, *resolution.deletes]
    if len(every) + len(resolution.modes) > MOST_ENTRIES:
        raise EditRefused(
            "MaximumConflictResolutionEntriesExceededException", f"Give {MOST_ENTRIES} resolutions at most."
        )
    if len(set(every)) < len(every):
        raise EditRefused("MultipleConflictResolutionEntriesException", "A conflict is resolved twice.")


def _is_settled(conflict: FileConflict, resolution: Resolution) -> bool:
    path = conflict.path
    if path in resolution.replacements or path in resolution.deletes:
        return True
    return path in resolution.modes and conflict.mode and not (conflict.content or conflict.kind)


def _settled(conflict: FileConflict, resolution: Resolution) -> Edit:
    path = conflict.path
    if path in resolution.deletes:
        return Edit(path)
    mode = resolution.modes.get(path, "")
    wanted = resolution.replacements.get(path, Replacement(side="source"))
    if wanted.content is not None:
        return Edit(path, wanted.mode or mode or edits.MODES["NORMAL"], content=wanted.content)
    kept = conflict.three.sides().get(wanted.side)
    if kept is None:
        return Edit(path)
    return Edit(path, wanted.mode or mode or kept.mode, kept.sha)
