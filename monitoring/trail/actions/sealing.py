"""Takes records from the spool files into the chain, each once, one sealer at a time."""

import json

import structlog
from django.db import transaction

from devopsweb.live import api as live
from monitoring.trail.adapters import rows, spool
from monitoring.trail.engine import chain, records
from monitoring.trail.models import ChainHead, Record, SpoolFile

log = structlog.get_logger(__name__)

BATCH = 500
# SQLite may have a commit on disk some time after it was made. Until then the file has what a power cut takes.
KEEP_SECONDS = 120.0


def drain(name: str) -> int:
    """Seal all that stands in the spool file ``name``; how many records."""
    total = 0
    while True:
        sealed, more = _seal(name)
        total += sealed
        if not more:
            break
    if total:
        live.changed("trail:all")
    return total


def drain_all() -> int:
    """Seal what any process has left, and remove the files of those that are gone; how many records."""
    known = dict(SpoolFile.objects.values_list("name", "offset"))
    total = 0
    for name, size, quiet in spool.files():
        if size > known.get(name, 0):
            total += drain(name)
        if quiet >= KEEP_SECONDS:
            _clear(name)
    gone = set(known) - {name for name, *_ in spool.files()}
    SpoolFile.objects.filter(name__in=gone).delete()
    return total


def _clear(name: str) -> None:
    """Remove a file that nobody writes to any more; half a line at its end is all that can be left."""
    with spool.abandoned(name) as is_free:
        if is_free:
            drain(name)
            spool.remove(name)


def _seal(name: str) -> tuple[int, bool]:
    """One batch of ``name``; how many, and whether there may be more."""
    begun = SpoolFile.objects.filter(name=name).values_list("offset", flat=True).first() or 0
    found = spool.read(name, begun, limit=BATCH)
    if found.offset == begun:
        return 0, False
    parsed = [pair for line in found.lines if (pair := _parsed(line))]
    with transaction.atomic():
        head = _head()
        row, _ = SpoolFile.objects.get_or_create(name=name)
        if row.offset != begun:
            return 0, True  # Another sealer was first.
        count = _lengthen(head, parsed)
        SpoolFile.objects.filter(name=name).update(offset=found.offset)
    return count, len(found.lines) == BATCH


def _parsed(line: str) -> tuple[str, records.Columns] | None:
    if not line:
        return None
    try:
        return line, records.columns(json.loads(line))
    except (ValueError, KeyError, TypeError) as error:
        log.error("a spooled record cannot be read and is left out", error=str(error), line=line[:200])
        return None


def _head() -> ChainHead:
    """The end of the chain, locked against other sealers."""
    row = ChainHead.objects.select_for_update().filter(pk=1).first()
    if row is None:
        begin = ChainHead(pk=1, hash=chain.GENESIS, floor_hash=chain.GENESIS)
        ChainHead.objects.bulk_create([begin], ignore_conflicts=True)
        row = ChainHead.objects.select_for_update().get(pk=1)
    return row


def _lengthen(head: ChainHead, parsed: list[tuple[str, records.Columns]]) -> int:
    ids = [columns.event_id for _, columns in parsed]
    there = set(Record.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    fresh = {columns.event_id: (body, columns) for body, columns in parsed if columns.event_id not in there}
    told = [(body, columns.index()) for body, columns in fresh.values()]
    links = list(chain.lengthen(head.hash, head.sequence, told))
    if not links:
        return 0
    rows.insert(zip(links, (columns for _, columns in fresh.values()), strict=True))
    last = links[-1]
    ChainHead.objects.filter(pk=head.pk).update(sequence=last[0], hash=last[3])
    return len(links)
