"""Whoever changes the trail is found, and what they changed is named."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from devopsweb.blobs import api as blobs
from monitoring.trail import verification
from monitoring.trail.actions import digests, retention
from monitoring.trail.engine import chain, files, records
from monitoring.trail.models import ChainHead, Record, SigningKey, TrailFile
from tests.trail.conftest import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=3, minutes=2)


@pytest.fixture
def day(call, told):
    """Three hours of calls, and the digests over them."""
    for number in range(12):
        call(f"Call{number}", at=NOON + timedelta(minutes=15 * number))
    told()
    assert digests.make_due(at=LATER) == 3


def findings(**limits):
    return [(one.kind, one.what) for one in verification.verify(at=LATER, **limits).findings]


def sql(statement: str, *values: object) -> None:
    """What somebody with the database's password could do."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class TestASoundTrail:
    def test_has_nothing_to_tell(self, day):
        report = verification.verify(at=LATER)

        assert report.is_sound, report.findings
        assert (report.records, report.digests) == (12, 3)

    def test_is_told_by_the_command(self, day, monkeypatch):
        monkeypatch.setattr("devopsweb.kernel.clock.now", lambda: LATER)
        said = StringIO()

        call_command("verify_trail", stdout=said)

        assert "sound: 12 records, 3 digests" in said.getvalue()

    def test_of_one_hour_is_looked_at_alone(self, day):
        report = verification.verify(
            at=LATER, start=NOON + timedelta(hours=1), end=NOON + timedelta(hours=1, minutes=59)
        )

        assert report.is_sound, report.findings
        assert report.records == 4

    def test_stays_sound_when_retention_takes_whole_digests(self, day, settings):
        settings.DEVOPSWEB_TRAIL_DAYS = 1

        gone = retention.expire(at=NOON + timedelta(days=1, hours=2, minutes=30))

        assert gone == 8
        assert Record.objects.count() == 4
        assert verification.verify(at=LATER).is_sound


class TestAChangedRecord:
    def test_is_named_by_its_body(self, day):
        sql("UPDATE trail_record SET body = replace(body, 'ana', 'bob') WHERE sequence = 5")

        kinds = findings()

        assert (verification.CHANGED, _name(5)) in kinds
        assert (verification.MISMATCH, "records 5 to 8") in kinds

    def test_is_named_by_a_column(self, day):
        sql("UPDATE trail_record SET username = 'bob' WHERE sequence = 5")

        assert findings() == [(verification.CHANGED, _name(5))]

    def test_is_named_by_a_resource(self, day):
        sql("DELETE FROM trail_recordresource WHERE record_id = 5")

        assert findings() == [(verification.CHANGED, _name(5))]

    def test_is_named_by_a_resource_that_somebody_put_there(self, day):
        sql(
            "INSERT INTO trail_recordresource (record_id, arn, name, type) VALUES (5, '', 'elsewhere', '')",
        )

        assert findings() == [(verification.CHANGED, _name(5))]

    def test_is_not_one_of_which_a_later_release_names_more(self, day, monkeypatch):
        columns = records.columns

        def more(record):
            return replace(columns(record), username="the whole name", resources=())

        monkeypatch.setattr(records, "columns", more)

        assert findings() == []

    def test_is_found_by_the_digests_when_the_whole_chain_is_rewritten(self, day):
        rows = list(Record.objects.order_by("pk"))
        bodies = [row.body.replace("Call4", "Call9") if row.pk == 5 else row.body for row in rows]
        told = [(body, records.columns(json.loads(body)).index()) for body in bodies]
        for sequence, body, previous, own in chain.lengthen(chain.GENESIS, 0, told):
            sql(
                "UPDATE trail_record SET body=%s, previous=%s, hash=%s WHERE sequence=%s",
                body, previous, own, sequence,
            )  # fmt: skip
        sql("UPDATE trail_record SET event_name='Call9' WHERE sequence=5")
        ChainHead.objects.update(hash=Record.objects.get(pk=12).hash)

        kinds = findings()

        assert (verification.MISMATCH, "records 5 to 8") in kinds
        assert {kind for kind, _ in kinds} == {verification.MISMATCH}


class TestARemovedRecord:
    @pytest.mark.parametrize(
        ("sequence", "what"),
        [(1, "record 1"), (5, "record 5"), (12, "record 12")],
        ids=["first", "middle", "last"],
    )
    def test_is_named(self, day, sequence, what):
        sql("DELETE FROM trail_recordresource WHERE record_id = %s", sequence)
        sql("DELETE FROM trail_record WHERE sequence = %s", sequence)

        assert (verification.REMOVED, what) in findings()


class TestAnInsertedRecord:
    def test_behind_the_end_is_named(self, day):
        _copy(of=12, as_sequence=13)

        assert [kind for kind, _ in findings()] == [verification.INSERTED]

    def test_in_a_gap_is_named(self, day):
        sql("DELETE FROM trail_recordresource WHERE record_id = 5")
        sql("DELETE FROM trail_record WHERE sequence = 5")
        _copy(of=12, as_sequence=5)

        assert verification.CHANGED in {kind for kind, _ in findings()}


class TestADigest:
    def test_that_is_altered_is_named(self, day):
        row = TrailFile.objects.order_by("ends_at")[1]
        path = blobs.path(row.blob)
        content = gzip.decompress(path.read_bytes()).replace(b"firstSequence", b"lastSequence!")
        path.write_bytes(gzip.compress(content))

        assert (verification.DIGEST_BROKEN, row.key) in findings()

    def test_that_is_altered_with_its_row_fails_its_signature(self, day):
        row = TrailFile.objects.order_by("ends_at")[1]
        content = gzip.decompress(blobs.path(row.blob).read_bytes()).replace(b"Call", b"call") + b" "
        blob = blobs.put([files.packed(content)])
        TrailFile.objects.filter(pk=row.pk).update(blob=blob.digest, content_hash=files.hash_of(content))

        assert (verification.DIGEST_BROKEN, row.key) in findings()

    def test_whose_file_is_gone_is_named(self, day):
        row = TrailFile.objects.order_by("ends_at")[1]
        blobs.path(row.blob).unlink()

        assert (verification.DIGEST_MISSING, row.key) in findings()

    def test_whose_row_is_gone_is_named(self, day):
        row = TrailFile.objects.order_by("ends_at")[1]
        TrailFile.objects.filter(pk=row.pk).delete()

        assert (verification.DIGEST_MISSING, row.key) in findings()

    def test_that_was_never_made_is_missed(self, day):
        report = verification.verify(at=LATER + timedelta(hours=2))

        assert [one.kind for one in report.findings] == [verification.DIGEST_MISSING]

    def test_signed_with_an_unknown_key_is_broken(self, day):
        SigningKey.objects.all().delete()

        assert {kind for kind, _ in findings()} == {verification.DIGEST_BROKEN}

    def test_is_made_once_and_also_for_empty_hours(self, day):
        assert digests.make_due(at=LATER) == 0
        assert digests.make_due(at=LATER + timedelta(hours=2)) == 2
        assert verification.verify(at=LATER + timedelta(hours=2)).is_sound


class TestTheCommand:
    def test_fails_and_says_which(self, day, monkeypatch):
        monkeypatch.setattr("devopsweb.kernel.clock.now", lambda: LATER)
        sql("UPDATE trail_record SET username = 'bob' WHERE sequence = 5")
        said = StringIO()

        with pytest.raises(CommandError, match="1 findings"):
            call_command("verify_trail", stdout=said)

        assert "changed: record 5" in said.getvalue()

    def test_refuses_what_is_no_time(self, db):
        with pytest.raises(CommandError, match="no time"):
            call_command("verify_trail", start="yesterday-ish")


def _name(sequence: int) -> str:
    row = Record.objects.get(pk=sequence)
    return f"record {sequence} ({row.event_name}, {row.event_id})"


def _copy(*, of: int, as_sequence: int) -> None:
    row = Record.objects.get(pk=of)
    row.pk, row.event_id, row._state.adding = as_sequence, "forged", True
    row.save()
