"""Repositories with what a list shows of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Count, Max, Q

from repos.git.engine import names
from repos.git.models import RefState, RefUpdate, Repository


@dataclass(frozen=True)
class Row:
    """A repository and its newest move."""

    repository: Repository
    update: RefUpdate | None

    @property
    def pushed_to(self) -> str:
        """The branch or tag of the newest move."""
        kind = names.kind_of(self.update.name) if self.update else None
        return kind[1] if kind else ""


def page(found: Iterator[Repository], size: int) -> tuple[list[Row], str]:
    """The first ``size`` of ``found`` as rows, and the name to go on after (empty at the end)."""
    chosen = list(islice(found, size + 1))
    more = chosen[size - 1].name if len(chosen) > size else ""
    return _rows(chosen[:size]), more


def _rows(repositories: Sequence[Repository]) -> list[Row]:
    newest = (
        RefUpdate.objects.filter(repository__in=repositories)
        .values("repository")
        .annotate(newest=Max("id"))
        .values_list("newest", flat=True)
    )
    updates = {u.repository_id: u for u in RefUpdate.objects.filter(pk__in=list(newest))}
    return [Row(r, updates.get(r.pk)) for r in repositories]


@dataclass(frozen=True)
class Counts:
    """How many branches and tags a repository has."""

    branches: int
    tags: int


def counts(target: Repository) -> Counts:
    """Branches and tags in one query."""
    found = RefState.objects.filter(repository=target).aggregate(
        branches=Count("pk", filter=Q(name__startswith=names.BRANCHES)),
        tags=Count("pk", filter=Q(name__startswith=names.TAGS)),
    )
    return Counts(found["branches"], found["tags"])


def branch_names(target: Repository, *, limit: int = 200) -> list[str]:
    """Names of branches for choosers, the default one first."""
    found = (
        RefState.objects.filter(repository=target, name__startswith=names.BRANCHES)
        .order_by("name")
        .values_list("name", flat=True)[:limit]
    )
    short = [name.removeprefix(names.BRANCHES) for name in found]
    return sorted(short, key=lambda name: (name != target.default_branch, name))
