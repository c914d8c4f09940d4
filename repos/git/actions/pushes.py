"""Records what pushes did, so that no move of a reference is ever lost or told twice.

A push is written down before git moves anything (``begin``). When git is done, its moves are
recorded and announced in one transaction (``record``). If we die in between, the references
on disk tell the rest (``examine``, ``reconcile``): whatever differs from what was last
announced is announced then, with the pusher's name if an open push accounts for it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q

from devopsweb.events import api as events
from devopsweb.iam.api import Principal
from devopsweb.live import api as live
from repos.git.adapters import folders, refs
from repos.git.engine import names
from repos.git.event_types import ReferenceUpdated
from repos.git.models import Push, RefState, RefUpdate, Repository
from repos.git.states import PUSH, PushState
from repos.git.types import RefChange

PATIENCE = timedelta(seconds=5)
LEASE = timedelta(seconds=60)
RECONCILE_EVERY = timedelta(minutes=10)

log = structlog.get_logger(__name__)


def begin(
    *, repository: Repository, changes: Sequence[RefChange], principal: Principal, at: datetime
) -> Push:
    """Write the intent down."""
    return Push.objects.create(
        repository=repository,
        principal_arn=principal.arn,
        principal_name=principal.name,
        commands=[[c.name, c.before, c.after] for c in changes],
        started_at=at,
        seen_at=at,
    )


def touch(*, push_id: int, at: datetime) -> None:
    """The push is still running."""
    Push.objects.filter(pk=push_id).update(seen_at=at)


def finish(*, push: Push, moved: Iterable[RefChange], at: datetime) -> None:
    """Record the moves that git made, and close the push."""
    record(push=push, moved=moved, at=at)
    PUSH.move(push, PushState.SETTLED, settled_at=at)


def record(*, push: Push, moved: Iterable[RefChange], at: datetime) -> None:
    """Announce ``moved`` unless told before; earlier moves that nobody told yet go first."""
    moved = [change for change in moved if change.before != change.after]
    if not moved:
        return
    with transaction.atomic():
        repository = _locked(push.repository_id, at)
        if repository is None:
            return
        told = set(push.updates.values_list("name", flat=True))
        for change in moved:
            if change.name not in told and not _adopt(push, change):
                _bridge(repository, change, push, at)
                _announce(repository, change, push, at)
        _settle_default_branch(repository)


def examine(*, push: Push, at: datetime) -> None:
    """Record whatever an open push did, judged by the references on disk."""
    changes = [RefChange(*command) for command in push.commands]
    actual = refs.snapshot(push.repository.directory, *(c.name for c in changes))
    announced = dict(
        RefState.objects.filter(repository=push.repository, name__in=[c.name for c in changes]).values_list(
            "name", "sha"
        )
    )
    done = [c for c in changes if actual.get(c.name, "") == c.after and announced.get(c.name, "") == c.before]
    record(push=push, moved=done, at=at)


def reconcile(*, repository: Repository, at: datetime) -> int:
    """Announce every reference that differs from its last announcement; how many did."""
    with transaction.atomic():
        locked = _locked(repository.pk, None)
        if locked is None:
            return 0
        actual = refs.snapshot(locked.directory)
        announced = dict(RefState.objects.filter(repository=locked).values_list("name", "sha"))
        stale = [
            RefChange(name, announced.get(name, ""), actual.get(name, ""))
            for name in sorted(actual.keys() | announced.keys())
            if announced.get(name, "") != actual.get(name, "")
        ]
        for change in stale:
            _announce(locked, change, _author_of(locked, change), at)
        _settle_default_branch(locked)
        Repository.objects.filter(pk=locked.pk).update(reconciled_at=at)
    if stale:
        log.warning("references differed from their records", repository=locked.name, count=len(stale))
    return len(stale)


def _locked(repository_id: UUID, at: datetime | None) -> Repository | None:
    """The repository, with its row held until the end of the transaction on every database."""
    rows = Repository.objects.filter(pk=repository_id)
    values = {"modified_at": at} if at else {"default_branch": F("default_branch")}
    held = rows.update(**values)
    return rows.first() if held else None


def _adopt(push: Push, change: RefChange) -> bool:
    """Put the pusher's name to a move that was announced without one."""
    orphan = (
        RefUpdate.objects.filter(
            repository_id=push.repository_id,
            push=None,
            name=change.name,
            before=change.before,
            after=change.after,
            at__gte=push.started_at,
        )
        .order_by("id")
        .first()
    )
    if orphan is None:
        return False
    orphan.push, orphan.pusher_arn, orphan.pusher_name = push, push.principal_arn, push.principal_name
    orphan.save(update_fields=["push", "pusher_arn", "pusher_name"])
    return True


def _bridge(repository: Repository, change: RefChange, push: Push, at: datetime) -> None:
    """Announce the step between the last announcement and ``change``, if somebody's is missing."""
    announced = (
        RefState.objects.filter(repository=repository, name=change.name).values_list("sha", flat=True).first()
    )
    if (announced or "") != change.before:
        step = RefChange(change.name, announced or "", change.before)
        _announce(repository, step, _author_of(repository, step, but=push), at)


def _author_of(repository: Repository, change: RefChange, *, but: Push | None = None) -> Push | None:
    wanted = [change.name, change.before, change.after]
    opened = Push.objects.filter(repository=repository, status=PushState.IN_PROGRESS).exclude(
        updates__name=change.name
    )
    return next((p for p in opened if p != but and wanted in p.commands), None)


def _announce(repository: Repository, change: RefChange, push: Push | None, at: datetime) -> None:
    arn, name = (push.principal_arn, push.principal_name) if push else ("", "")
    RefUpdate.objects.create(
        repository=repository,
        push=push,
        name=change.name,
        before=change.before,
        after=change.after,
        pusher_arn=arn,
        pusher_name=name,
        at=at,
    )
    if change.after:
        RefState.objects.update_or_create(
            repository=repository, name=change.name, defaults={"sha": change.after}
        )
    else:
        RefState.objects.filter(repository=repository, name=change.name).delete()
    kind = names.kind_of(change.name)
    if kind:
        events.publish(_event(repository, change, kind, arn), at=at, principal_arn=arn)
    live.changed(f"repo:{repository.name}", "repo:all")


def _event(repository: Repository, change: RefChange, kind: tuple[str, str], arn: str) -> ReferenceUpdated:
    event = "referenceUpdated"
    if not change.before:
        event = "referenceCreated"
    elif not change.after:
        event = "referenceDeleted"
    return ReferenceUpdated(
        repository=repository.name,
        repository_id=str(repository.pk),
        reference_type=kind[0],
        reference_name=kind[1],
        reference_full_name=change.name,
        before=change.before,
        after=change.after,
        event=event,
        pusher_arn=arn,
    )


def _settle_default_branch(repository: Repository) -> None:
    """The first branch becomes the default one; ``main`` is preferred among several."""
    if repository.default_branch:
        return
    branches = list(
        RefState.objects.filter(repository=repository, name__startswith=names.BRANCHES)
        .order_by("pk")
        .values_list("name", flat=True)
    )
    if not branches:
        return
    main = f"{names.BRANCHES}main"
    first = (main if main in branches else branches[0]).removeprefix(names.BRANCHES)
    folders.set_default_branch(repository.directory, first)
    Repository.objects.filter(pk=repository.pk).update(default_branch=first)
    repository.default_branch = first


def settle_open(*, at: datetime) -> int:
    """Examine every open push that is not brand-new, and close those whose process is gone; how many."""
    opened = Push.objects.filter(status=PushState.IN_PROGRESS, started_at__lt=at - PATIENCE)
    closed = 0
    for push in opened.select_related("repository").order_by("pk")[:200]:
        examine(push=push, at=at)
        if push.seen_at < at - LEASE:
            closed += PUSH.move(push, PushState.SETTLED, settled_at=at)
    return closed


def reconcile_due(*, at: datetime, limit: int = 20) -> None:
    """Reconcile the repositories that were not looked at for longest."""
    due = Repository.objects.filter(Q(reconciled_at=None) | Q(reconciled_at__lt=at - RECONCILE_EVERY))
    for repository in due.order_by("reconciled_at")[:limit]:
        if repository.directory.is_dir():
            reconcile(repository=repository, at=at)
        else:
            log.error("the folder of a repository is missing", repository=repository.name)
            Repository.objects.filter(pk=repository.pk).update(reconciled_at=at)
