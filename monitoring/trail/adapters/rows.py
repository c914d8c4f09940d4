"""Inserts of many records: plain SQL, for the ORM's way to the same rows costs twice as much as all the rest."""

from collections.abc import Iterable

from django.db import connection

from monitoring.trail.engine.records import Columns
from monitoring.trail.models import Record, RecordResource

Link = tuple[int, str, str, str]
_COLUMNS = (
    "event_id", "event_time", "event_source", "event_name", "username", "principal_arn", "access_key_id",
    "source_ip", "error_code", "read_only",
)  # fmt: skip


def insert(found: Iterable[tuple[Link, Columns]]) -> None:
    """Add the records with their places, and their resources; within the caller's transaction."""
    pairs = list(found)
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            *link,
            c.event_id, adapt(c.event_time), c.event_source, c.event_name, c.username, c.principal_arn,
            c.access_key_id, c.source_ip, c.error_code, c.read_only,
        )
        for link, c in pairs
    ]  # fmt: skip
    resources = [(link[0], r.arn, r.name, r.type) for link, c in pairs for r in c.resources]
    with connection.cursor() as cursor:
        cursor.executemany(
            _sql(Record._meta.db_table, ("sequence", "body", "previous", "hash", *_COLUMNS)), rows
        )
        if resources:
            table = RecordResource._meta.db_table
            cursor.executemany(_sql(table, ("record_id", "arn", "name", "type")), resources)


def _sql(table: str, columns: Iterable[str]) -> str:
    names = list(columns)
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    marks = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {connection.ops.quote_name(table)} ({quoted}) VALUES ({marks})"  # noqa: S608  our names
