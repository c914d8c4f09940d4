"""Takes up a new key of the installation, and seals anew whatever older ones sealed.

The order makes every moment safe to die in: a mark names the key that is to come, the key is made and seals
from then on, rows are renewed in small transactions, the mark goes last. Older keys stay until nothing
names them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from devopsweb.kernel import sealing
from devopsweb.kernel.sealing import CannotUnseal, Kept

log = structlog.get_logger(__name__)

BATCH = 100
KEEP_SECONDS = 48 * 3600
"""Sealed texts that travel (session tokens live up to 36 hours) need an old key that much longer."""


@dataclass
class Report:
    """How many texts each key sealed, and where one does not open (``iam.AccessKey.sealed_secret AKIA…``)."""

    by_key: dict[str, int] = field(default_factory=dict)
    renewed: int = 0
    damaged: list[str] = field(default_factory=list)

    def stale(self) -> int:
        """How many texts older keys sealed."""
        current = sealing.current_key()
        return sum(count for key, count in self.by_key.items() if key != current)


def sealed_fields() -> list[Kept]:
    """Every field that holds sealed texts: those named ``sealed_…``, and what was registered."""
    named = [
        Kept(model._meta.label, one.name)
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        if one.name.startswith("sealed_")
    ]
    return sorted([*named, *sealing.kept()], key=lambda kept: (kept.model, kept.field))


def is_under_way() -> bool:
    """Whether a rotation was begun and has not ended."""
    return _mark().exists()


def rotate() -> Report:
    """Take up a new key and renew all; what is left is counted. An interrupted rotation is finished instead."""
    mark = _mark()
    if not is_under_way():
        sealing.write_mark(mark, sealing.next_key())
    target = mark.read_text().strip()
    sealing.take_up(target)
    log.info("sealing with a new key", key=target)
    renewed = renew_all()
    mark.unlink(missing_ok=True)
    report = check()
    report.renewed = renewed
    return report


def renew_all() -> int:
    """Seal anew whatever an older key sealed; how many rows changed. What does not open stays."""
    return sum(_renew(kept) for kept in sealed_fields())


def check() -> Report:
    """Open every sealed text, and count by key."""
    report = Report()
    for kept in sealed_fields():
        for row in _rows(kept):
            _look(kept, row, report)
    return report


def forget_unused() -> list[str]:
    """Delete the older keys that nothing names; those that went. None within two days of a rotation."""
    if is_under_way() or not sealing.is_settled(KEEP_SECONDS):
        return []
    used = check().by_key
    gone = [key for key in sealing.key_ids() if key != sealing.current_key() and key not in used]
    for key in gone:
        sealing.forget_key(key)
        log.info("forgot an old key", key=key)
    return gone


def _mark() -> Path:
    return Path(settings.DEVOPSWEB_HOME) / "keys" / "rotating"


def _look(kept: Kept, row: models.Model, report: Report) -> None:
    def note(token: str) -> str:
        key = sealing.key_of(token)
        report.by_key[key] = report.by_key.get(key, 0) + 1
        try:
            sealing.unseal(token)
        except CannotUnseal:
            report.damaged.append(f"{kept.model}.{kept.field} {row.pk}")
        return token

    kept.renew(getattr(row, kept.field), note)


def _renew(kept: Kept) -> int:
    count = 0
    last: Any = None
    while True:
        with transaction.atomic():
            rows = list(_batch(kept, last, lock=True))
            for row in rows:
                count += _renew_row(kept, row)
        if not rows:
            return count
        last = rows[-1].pk


def _renew_row(kept: Kept, row: models.Model) -> bool:
    present = getattr(row, kept.field)
    fresh = kept.renew(present, _anew)
    if fresh == present:
        return False
    type(row)._default_manager.filter(pk=row.pk).update(**{kept.field: fresh})
    return True


def _anew(token: str) -> str:
    if sealing.key_of(token) == sealing.current_key():
        return token
    try:
        return sealing.seal(sealing.unseal(token))
    except CannotUnseal:
        return token


def _rows(kept: Kept) -> Iterator[models.Model]:
    last: Any = None
    while rows := list(_batch(kept, last, lock=False)):
        yield from rows
        last = rows[-1].pk


def _batch(kept: Kept, after: Any, *, lock: bool) -> "models.QuerySet[models.Model]":
    """The next rows by key; locked, so that a change of the same row waits or comes first."""
    model: type[models.Model] = apps.get_model(kept.model)
    found = model._base_manager.order_by("pk").only(kept.field)
    if after is not None:
        found = found.filter(pk__gt=after)
    return (found.select_for_update() if lock else found)[:BATCH]
