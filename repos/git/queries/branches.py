"""Branches and tags with their commits."""

from dataclasses import dataclass
from functools import lru_cache

from repos.git.adapters import refs
from repos.git.engine import names
from repos.git.errors import RefNotFound
from repos.git.models import Repository
from repos.git.queries import history
from repos.git.types import Ref

PAGE = 30


@dataclass(frozen=True)
class Row:
    """A branch or tag; ``ahead`` and ``behind`` count commits against the default branch."""

    ref: Ref
    is_default: bool
    ahead: int | None = None
    behind: int | None = None

    @property
    def unmerged(self) -> int:
        """How many commits would be reachable no more from the default branch."""
        return self.ahead or 0


def page(target: Repository, prefix: str, *, containing: str, start: int) -> tuple[list[Row], int]:
    """``PAGE`` rows from ``start``, newest first (the default branch on top), and where to go on (0: end)."""
    found = [r for r in refs.listed(target.directory, prefix) if containing.lower() in r.short_name.lower()]
    default = names.BRANCHES + target.default_branch
    found.sort(key=lambda ref: ref.name != default)
    shown = found[start : start + PAGE]
    tip = _tip(target, prefix, found, default)
    return [_row(target, ref, default, tip) for ref in shown], (
        start + PAGE if len(found) > start + PAGE else 0
    )


def _tip(target: Repository, prefix: str, found: list[Ref], default: str) -> str:
    if prefix != names.BRANCHES:
        return ""
    known = next((ref.commit for ref in found if ref.name == default), "")
    return known or refs.snapshot(target.directory, default).get(default, "")


def _row(target: Repository, ref: Ref, default: str, tip: str) -> Row:
    if not tip or ref.name == default:
        return Row(ref, ref.name == default)
    ahead, behind = _ahead_behind(target, tip, ref.commit)
    return Row(ref, False, ahead, behind)


@lru_cache(maxsize=4096)
def _ahead_behind(target: Repository, base: str, head: str) -> tuple[int, int]:
    # Never changes for two commit ids, and costs a process.
    return history.ahead_behind(target, base=base, head=head)


def one(target: Repository, full_name: str) -> Row:
    """The row of one branch or tag. Raises ``RefNotFound``."""
    found = next((r for r in refs.listed(target.directory, full_name) if r.name == full_name), None)
    if found is None:
        raise RefNotFound(f"{target.name} has no {full_name.split('/', 2)[-1]!r}.")
    default = names.BRANCHES + target.default_branch
    tip = refs.snapshot(target.directory, default).get(default, "")
    return _row(target, found, default, tip)
