"""Records what pushes did, so that no move of a reference is ever lost or told twice.

A push is written down before git moves anything (``begin``). When git is done, its moves are
recorded and announced in one transaction (``record``). If we die in between, the references
on disk tell the rest (``examine``, ``reconcile``): whatever differs from what was last
announced is announced then, with the pusher's name if an open push accounts for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q

from devopsweb.events import api as events
from devopsweb.iam.api import Principal
from devopsweb.live import api as live
from repos.git.adapters import folders, refs
from repos.git.engine import chains, names
from repos.git.event_types import ReferenceUpdated
from repos.git.models import Push, RefState, RefUpdate, Repository
from repos.git.states import PUSH, PushState
from repos.git.types import RefChange

PATIENCE = timedelta(seconds=5)
LEASE = timedelta(seconds=60)
RECONCILE_EVERY = timedelta(minutes=10)

_Step = tuple[RefChange, Push | None]

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
        told |= _adopt(push, [change for change in moved if change.name not in told])
        fresh = [change for change in moved if change.name not in told]
        _announce(repository, _steps(repository, fresh, push), at)


def examine(*, push: Push, at: datetime) -> None:
    """Record whatever an open push and those before it did, judged by the references on disk."""
    wanted = [name for name, _, _ in push.commands]
    with transaction.atomic():
        repository = _locked(push.repository_id, None)
        if repository is None:
            return
        _catch_up(repository, _differing(repository, wanted), at, jump=False)


def reconcile(*, repository: Repository, at: datetime) -> int:
    """Announce every reference that differs from its last announcement; how many did."""
    with transaction.atomic():
        locked = _locked(repository.pk, None)
        if locked is None:
            return 0
        stale = _differing(locked, None)
        _catch_up(locked, stale, at, jump=True)
        Repository.objects.filter(pk=locked.pk).update(reconciled_at=at)
    if stale:
        log.warning("references differed from their records", repository=locked.name, count=len(stale))
    return len(stale)


def _differing(repository: Repository, wanted: Sequence[str] | None) -> list[RefChange]:
    """How the references (all, or the wanted ones) differ from their last announcements."""
    actual = refs.snapshot(repository.directory, *(wanted or ()))
    rows = RefState.objects.filter(repository=repository)
    announced = dict((rows if wanted is None else rows.filter(name__in=wanted)).values_list("name", "sha"))
    return [
        RefChange(name, announced.get(name, ""), actual.get(name, ""))
        for name in sorted(set(announced) | set(actual))
        if announced.get(name, "") != actual.get(name, "") and (wanted is None or name in wanted)
    ]


def _catch_up(repository: Repository, stale: Sequence[RefChange], at: datetime, *, jump: bool) -> None:
    """Announce the moves of open pushes that account for each difference; ``jump`` allows any other too."""
    unrecorded = _unrecorded(repository)
    steps: list[_Step] = []
    for change in stale:
        found = chains.path(unrecorded.get(change.name, []), change.before, change.after)
        steps += found or ([(change, None)] if jump else [])
    _announce(repository, steps, at)


def _steps(repository: Repository, fresh: Sequence[RefChange], push: Push) -> list[_Step]:
    """What has to be announced, and in which order, so that each of ``fresh`` follows on the last."""
    rows = RefState.objects.filter(repository=repository, name__in=[c.name for c in fresh])
    announced = dict(rows.values_list("name", "sha"))
    steps: list[_Step] = []
    for change in fresh:
        before = announced.get(change.name, "")
        if before != change.before:
            missing = _missing(repository, RefChange(change.name, before, change.before), push)
            if missing is None:
                continue
            steps += missing
        steps.append((change, push))
    return steps


def _missing(repository: Repository, gap: RefChange, push: Push) -> list[_Step] | None:
    """The moves that fill the gap before a push's own; None when that is part of a longer, told step."""
    others = [step for step in _unrecorded(repository).get(gap.name, []) if step[1] != push]
    found = chains.path(others, gap.before, gap.after)
    if found:
        return found
    tip = refs.snapshot(repository.directory, gap.name).get(gap.name, "")
    return None if tip == gap.before else [(gap, None)]


def _unrecorded(repository: Repository) -> dict[str, list[_Step]]:
    """What open pushes mean to move and nobody announced yet, by reference, oldest push first."""
    opened = list(Push.objects.filter(repository=repository, status=PushState.IN_PROGRESS).order_by("pk"))
    told = set(RefUpdate.objects.filter(push__in=opened).values_list("push", "name"))
    moves: dict[str, list[_Step]] = {}
    for push in opened:
        for command in push.commands:
            if (push.pk, command[0]) not in told:
                moves.setdefault(command[0], []).append((RefChange(*command), push))
    return moves


def _locked(repository_id: UUID, at: datetime | None) -> Repository | None:
    """The repository, with its row held until the end of the transaction on every database."""
    rows = Repository.objects.filter(pk=repository_id)
    values = {"modified_at": at} if at else {"default_branch": F("default_branch")}
    held = rows.update(**values)
    return rows.first() if held else None


def _adopt(push: Push, changes: Sequence[RefChange]) -> set[str]:
    """Put the pusher's name to moves that were announced without one; their names."""
    orphans = RefUpdate.objects.filter(
        repository_id=push.repository_id,
        push=None,
        at__gte=push.started_at,
        name__in=[change.name for change in changes],
    )
    moves = {(c.name, c.before, c.after) for c in changes}
    adopted: set[str] = set()
    for orphan in orphans.order_by("id"):
        if (orphan.name, orphan.before, orphan.after) in moves and orphan.name not in adopted:
            orphan.push, orphan.pusher_arn, orphan.pusher_name = push, push.principal_arn, push.principal_name
            orphan.save(update_fields=["push", "pusher_arn", "pusher_name"])
            adopted.add(orphan.name)
    return adopted


def _announce(repository: Repository, steps: Sequence[_Step], at: datetime) -> None:
    """Write the steps down and tell them, in their order."""
    if not steps:
        return
    RefUpdate.objects.bulk_create(
        RefUpdate(
            repository=repository,
            push=push,
            name=change.name,
            before=change.before,
            after=change.after,
            pusher_arn=push.principal_arn if push else "",
            pusher_name=push.principal_name if push else "",
            at=at,
        )
        for change, push in steps
    )
    _remember(repository, {change.name: change.after for change, _ in steps})
    for change, push in steps:
        if kind := names.kind_of(change.name):
            arn = push.principal_arn if push else ""
            events.publish(_event(repository, change, kind, arn), at=at, principal_arn=arn)
    _settle_default_branch(repository)
    live.changed(f"repo:{repository.name}", "repo:all")


def _remember(repository: Repository, tips: Mapping[str, str]) -> None:
    RefState.objects.bulk_create(
        [RefState(repository=repository, name=name, sha=sha) for name, sha in tips.items() if sha],
        update_conflicts=True,
        unique_fields=["repository", "name"],
        update_fields=["sha"],
    )
    gone = [name for name, sha in tips.items() if not sha]
    if gone:
        RefState.objects.filter(repository=repository, name__in=gone).delete()


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
