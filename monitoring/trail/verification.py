"""Finds what was changed, removed or put into the trail, and digests that are broken or missing.

Three witnesses: each record's hash covers the one before it; the end of the chain is kept apart; signed
digests cover the rows of each hour as a file. Whoever rewrites the whole chain is found by the digests.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from devopsweb.blobs import api as blobs
from monitoring.trail.actions import digests
from monitoring.trail.adapters import signing
from monitoring.trail.engine import chain, files, records
from monitoring.trail.engine.resources import Resource
from monitoring.trail.models import ChainHead, Record, RecordResource, SigningKey, TrailFile

CHANGED, REMOVED, INSERTED = "changed", "removed", "inserted"
DIGEST_BROKEN, DIGEST_MISSING, FILE_BROKEN, MISMATCH = (
    "digest broken", "digest missing", "file broken", "not what the digest says",
)  # fmt: skip
# A digest is due a minute after its hour; the sweep may be late.
LATE = files.HOUR + timedelta(minutes=15)
BATCH = 500


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written."""

    kind: str
    what: str
    why: str


@dataclass
class Report:
    """What was looked at, and what was found."""

    records: int = 0
    digests: int = 0
    files: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def add(self, kind: str, what: str, why: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(kind, what, why))


def verify(*, at: datetime, start: datetime | None = None, end: datetime | None = None) -> Report:
    """Check the records of that time (all without limits), every digest over it, and delivered files."""
    report = Report()
    _chain(report, start, end)
    owners = TrailFile.objects.filter(kind=TrailFile.DIGEST).values_list("owner", flat=True).distinct()
    for owner in sorted(owners):
        _digests(report, owner, start, end)
    _late(report, at, end)
    return report


def _chain(report: Report, start: datetime | None, end: datetime | None) -> None:
    head = ChainHead.objects.filter(pk=1).first()
    if head is None:
        if Record.objects.exists():
            report.add(REMOVED, "the end of the chain", "its row is gone")
        return
    first, last = _span(head, start, end)
    expected, previous = first, _hash_before(head, first)
    for row in _rows(first, last):
        if row.sequence > expected:
            report.add(REMOVED, _numbers(expected, row.sequence - 1), "they are not in the table")
            previous = row.previous
        _check_row(report, row, previous)
        report.records += 1
        expected, previous = row.sequence + 1, row.hash
    _check_end(report, head, last, expected, previous)


def _span(head: ChainHead, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """The sequences to look at; the whole chain, or the stretch between two times."""
    first, last = head.floor + 1, head.sequence
    if start:
        found = Record.objects.filter(event_time__gte=start).order_by("sequence").first()
        first = max(first, found.sequence) if found else last + 1
    if end:
        found = Record.objects.filter(event_time__lte=end).order_by("-sequence").first()
        last = min(last, found.sequence) if found else first - 1
    return first, last


def _hash_before(head: ChainHead, first: int) -> str:
    if first <= head.floor + 1:
        return head.floor_hash
    before = Record.objects.filter(pk=first - 1).values_list("hash", flat=True).first()
    return before or ""


def _rows(first: int, last: int) -> Iterator[Record]:
    rows = Record.objects.filter(sequence__gte=first, sequence__lte=last).order_by("sequence")
    yield from rows.prefetch_related("resource_rows").iterator(chunk_size=BATCH)


def _check_row(report: Report, row: Record, previous: str) -> None:
    name = f"record {row.sequence} ({row.event_name}, {row.event_id})"
    if chain.link(row.previous, row.sequence, row.body, _kept(row).index()) != row.hash:
        report.add(CHANGED, name, _difference(row) or "its hash is not that of its body, columns and place")
    elif previous and row.previous != previous:
        report.add(CHANGED, name, "it does not follow the record before it")


def _kept(row: Record) -> records.Columns:
    """What the row is found by, as the table has it now."""
    columns = {one.name: getattr(row, one.name) for one in fields(records.Columns) if one.name != "resources"}
    named = tuple(Resource(one.arn, one.name, one.type) for one in row.resource_rows.all())
    return records.Columns(**columns, resources=named)


def _difference(row: Record) -> str:
    """Where the columns of a changed row do not say what its body says."""
    try:
        told = records.columns(json.loads(row.body))
    except (ValueError, KeyError, TypeError):
        return "its body is no record"
    for column, value in vars(told).items():
        if column != "resources" and getattr(row, column) != value:
            return f"its column {column} is not what its body says"
    kept = sorted((one.arn, one.name, one.type) for one in row.resource_rows.all())
    if kept != sorted((one.arn, one.name, one.type) for one in told.resources):
        return "its resources are not those of its body"
    return ""


def _check_end(report: Report, head: ChainHead, last: int, expected: int, previous: str) -> None:
    if expected <= last:
        report.add(REMOVED, _numbers(expected, last), "the chain went on to there")
    elif last == head.sequence and previous != head.hash:
        report.add(CHANGED, "the end of the chain", "it is not the hash of the last record")
    outside = Record.objects.filter(sequence__gt=head.sequence) | Record.objects.filter(
        sequence__lte=head.floor
    )
    for row in outside.order_by("sequence")[:100]:
        report.add(
            INSERTED, f"record {row.sequence} ({row.event_name}, {row.event_id})", "the chain never had it"
        )
    strays = RecordResource.objects.exclude(record__in=Record.objects.all()).count()
    if strays:
        report.add(INSERTED, f"{strays} resources", "they belong to no record")


def _numbers(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first} to {last}"


def _digests(report: Report, owner: str, start: datetime | None, end: datetime | None) -> None:
    """Walk a chain of digests; each must name the one before and cover the hour behind it."""
    rows = TrailFile.objects.filter(owner=owner, kind=TrailFile.DIGEST).order_by("ends_at")
    before: TrailFile | None = None
    for row in rows.iterator(chunk_size=BATCH):
        outside = (start and row.ends_at <= start) or (end and row.starts_at > end)
        if not outside:
            _check_digest(report, row, before)
            report.digests += 1
        before = row


def _check_digest(report: Report, row: TrailFile, before: TrailFile | None) -> None:
    content = _content(report, row, DIGEST_BROKEN, DIGEST_MISSING)
    if content is None:
        return
    told: dict[str, Any] = json.loads(content)
    if problem := _unsigned(row, told, content):
        report.add(DIGEST_BROKEN, row.key, problem)
        return
    _check_link(report, row, told, before)
    if row.owner == digests.HISTORY:
        _check_history(report, row, told)
    else:
        _check_files(report, told)


def _content(report: Report, row: TrailFile, broken: str, missing: str) -> bytes | None:
    try:
        content = gzip.decompress(blobs.path(row.blob).read_bytes())
    except blobs.BlobNotFound:
        report.add(missing, row.key, "its file is gone")
        return None
    except (OSError, EOFError, ValueError):
        report.add(broken, row.key, "its file cannot be read")
        return None
    if files.hash_of(content) != row.content_hash:
        report.add(broken, row.key, "its file is not what was written")
        return None
    return content


def _unsigned(row: TrailFile, told: dict[str, Any], content: bytes) -> str:
    """Why the signature does not hold, or empty."""
    key = SigningKey.objects.filter(pk=told.get("digestPublicKeyFingerprint", "")).first()
    if key is None:
        return "the key that it names is unknown"
    if (told["digestS3Bucket"], told["digestS3Object"]) != (row.bucket, row.key):
        return "it was written for another place"
    data = files.to_sign(
        end=told["digestEndTime"],
        bucket=row.bucket,
        key=row.key,
        content=content,
        previous_signature=told["previousDigestSignature"],
    )
    return "" if signing.is_signed(bytes(key.public_der), row.signature, data) else "its signature is wrong"


def _check_link(report: Report, row: TrailFile, told: dict[str, Any], before: TrailFile | None) -> None:
    named = told["previousDigestS3Object"]
    if named is None:
        if before is not None:
            report.add(DIGEST_BROKEN, row.key, "it says that it is the first one")
        return
    if before is None or before.key != named:
        report.add(DIGEST_MISSING, named, f"{row.key} follows it")
    elif (told["previousDigestHashValue"], told["previousDigestSignature"]) != (
        before.content_hash,
        before.signature,
    ):
        report.add(DIGEST_BROKEN, before.key, f"{row.key} knew another one")


def _check_history(report: Report, row: TrailFile, told: dict[str, Any]) -> None:
    """Whether the rows still make the file that the digest covers."""
    known, head = told["chain"], ChainHead.objects.filter(pk=1).first()
    first, last = known["firstSequence"], known["lastSequence"]
    floor = head.floor if head else 0
    if head and last == floor and floor and head.floor_hash != known["lastHash"]:
        report.add(MISMATCH, "the begin of the chain", f"{row.key} knew another hash")
    if first is None or first <= floor:
        return  # Past its retention.
    content_hash, _, _ = digests.history_file(first, last)
    if content_hash != told["logFiles"][0]["hashValue"]:
        report.add(MISMATCH, _numbers(first, last), f"the rows are not those that {row.key} covers")
    elif Record.objects.filter(pk=last).values_list("hash", flat=True).first() != known["lastHash"]:
        report.add(MISMATCH, _numbers(first, last), f"the chain is not the one that {row.key} covers")


def _check_files(report: Report, told: dict[str, Any]) -> None:
    for one in told["logFiles"]:
        row = TrailFile.objects.filter(bucket=one["s3Bucket"], key=one["s3Object"]).first()
        report.files += 1
        if row is None:
            report.add(FILE_BROKEN, one["s3Object"], "it is not in the store any more")
            continue
        content = _content(report, row, FILE_BROKEN, FILE_BROKEN)
        if content is not None and files.hash_of(content) != one["hashValue"]:
            report.add(FILE_BROKEN, row.key, "it is not what its digest covers")


def _late(report: Report, at: datetime, end: datetime | None) -> None:
    """The newest hours must have their digest of the event history."""
    last = digests.last_digest(digests.HISTORY)
    begins = Record.objects.order_by("sequence").values_list("event_time", flat=True).first()
    since = last.ends_at if last else (files.floor(begins, files.HOUR) if begins else None)
    limit = min(at, end) if end else at
    if since is not None and since + LATE < limit:
        report.add(
            DIGEST_MISSING,
            f"the hours from {files.wire(since)} on",
            "no digest of the event history covers them",
        )
