"""Records in their chain, the files that trails deliver, and the keys that sign digests."""

from typing import Any, NoReturn

from django.db import models

from devopsweb.kernel.errors import Conflict


class AppendOnly(Conflict):
    """The trail is written once; nothing in it is changed or taken out."""

    def __init__(self) -> None:
        super().__init__("Records of the audit trail can be neither changed nor deleted.")


class AppendOnlyRows(models.QuerySet[Any]):
    """Rows that can be read and added."""

    def update(self, **values: Any) -> NoReturn:
        """Refused."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Refused; retention has a way of its own (``forget``)."""
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise AppendOnly

    def forget(self) -> int:
        """Delete for good what retention has done with; how many rows."""
        return self._raw_delete(self.db)


class Record(models.Model):
    """One call, as CloudTrail tells it, at its place in the chain.

    ``body`` is the record's JSON to the byte. All other columns repeat what the body says, for searching.
    ``hash`` is SHA-256 over the previous hash, the sequence, the body and these columns with the resources:
    nobody can hide a record from a search, and a release may learn to name more without calling old ones changed.
    """

    sequence = models.BigIntegerField(primary_key=True)
    event_id = models.CharField(max_length=64, unique=True)
    event_time = models.DateTimeField(db_index=True)
    event_source = models.CharField(max_length=128)
    event_name = models.CharField(max_length=128)
    username = models.CharField(max_length=256, blank=True)
    principal_arn = models.CharField(max_length=2048, blank=True)
    access_key_id = models.CharField(max_length=128, blank=True)
    source_ip = models.CharField(max_length=256, blank=True)
    error_code = models.CharField(max_length=128, blank=True)
    read_only = models.BooleanField()
    body = models.TextField()
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = AppendOnlyRows.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["event_name", "-sequence"]),
            models.Index(fields=["event_source", "-sequence"]),
            models.Index(fields=["username", "-sequence"]),
            models.Index(
                fields=["access_key_id", "-sequence"],
                condition=~models.Q(access_key_id=""),
                name="trail_by_key",
            ),
            models.Index(fields=["-sequence"], condition=models.Q(read_only=False), name="trail_changes"),
            models.Index(fields=["-sequence"], condition=~models.Q(error_code=""), name="trail_refusals"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.event_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; a row that is there stays as it is."""
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise AppendOnly


class RecordResource(models.Model):
    """A resource of a record, or one that contains it: an object's own history is found by it."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="resource_rows")
    arn = models.CharField(max_length=2048, blank=True)
    name = models.CharField(max_length=1024)
    type = models.CharField(max_length=128, blank=True)

    objects = AppendOnlyRows.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["arn", "-record"]),
            models.Index(fields=["name", "-record"]),
            models.Index(fields=["type", "-record"]),
        ]

    def __str__(self) -> str:
        return self.arn or self.name


class ChainHead(models.Model):
    """The end of the chain, and the lock of whoever lengthens it; one row.

    ``floor`` is the last sequence that retention took away, ``floor_hash`` what the next row points to.
    """

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)
    floor = models.BigIntegerField(default=0)
    floor_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


class SpoolFile(models.Model):
    """How far a process's spool file has been taken into the chain."""

    name = models.CharField(max_length=128, primary_key=True)
    offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class SigningKey(models.Model):
    """The key of digests; the private half is sealed with the installation's key."""

    fingerprint = models.CharField(max_length=32, primary_key=True)
    public_der = models.BinaryField()
    private = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint


class Trail(models.Model):
    """Where copies of the records go."""

    ALL, READS, WRITES = "All", "ReadOnly", "WriteOnly"

    name = models.CharField(max_length=128, unique=True)
    arn = models.CharField(max_length=256, unique=True)
    bucket = models.CharField(max_length=63)
    prefix = models.CharField(max_length=200, blank=True)
    global_events = models.BooleanField(default=True)
    multi_region = models.BooleanField(default=False)
    validation = models.BooleanField(default=False)
    log_group_arn = models.CharField(max_length=1024, blank=True)
    log_role_arn = models.CharField(max_length=2048, blank=True)
    management_events = models.BooleanField(default=True)
    read_write = models.CharField(max_length=16, default=ALL)
    excluded_sources = models.JSONField(default=list, blank=True)
    has_custom_selectors = models.BooleanField(default=False)
    tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    is_logging = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    cursor = models.BigIntegerField(default=0)
    log_cursor = models.BigIntegerField(default=0)
    log_lines = models.BigIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)
    delivery_error = models.CharField(max_length=500, blank=True)
    logs_delivered_at = models.DateTimeField(null=True)
    logs_error = models.CharField(max_length=500, blank=True)
    digest_at = models.DateTimeField(null=True)
    digest_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class TrailFile(models.Model):
    """A delivered log file or digest: a name (bucket and key) for a blob.

    Without a trail it belongs to the event history itself, whose digests cover the rows
    ``first`` … ``last`` of the chain.
    """

    LOG, DIGEST = "log", "digest"
    # The owner of what belongs to no trail.
    HISTORY = "event-history"

    trail = models.ForeignKey(Trail, on_delete=models.SET_NULL, null=True, related_name="files")
    owner = models.CharField(max_length=256, blank=True)
    kind = models.CharField(max_length=8)
    bucket = models.CharField(max_length=63)
    key = models.CharField(max_length=700)
    blob = models.CharField(max_length=64)
    size = models.BigIntegerField()
    content_hash = models.CharField(max_length=64)
    signature = models.TextField(blank=True)
    first = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    count = models.IntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    oldest_at = models.DateTimeField(null=True)
    newest_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "key"], name="trail_one_file_per_key")]
        indexes = [models.Index(fields=["owner", "kind", "ends_at"])]

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"
