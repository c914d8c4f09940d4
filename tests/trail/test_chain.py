"""From the spool file into the chain: once, in order, whoever dies in between."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace

import hypothesis
import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from monitoring.trail.actions import sealing
from monitoring.trail.adapters import spool
from monitoring.trail.engine import chain
from monitoring.trail.flusher import Flusher
from monitoring.trail.models import AppendOnly, ChainHead, Record, SpoolFile
from tests.trail.conftest import ANA

# Body and index are lines, which is what keeps them apart.
LINE = st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=20)
RECORD = st.tuples(LINE, LINE)


class TestTheChain:
    # The first text that is ever drawn makes hypothesis read all of Unicode.
    @hypothesis.settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(RECORD, min_size=1), st.data())
    def test_changes_when_any_body_or_index_changes(self, found, data):
        at = data.draw(st.integers(0, len(found) - 1))
        other = data.draw(RECORD.filter(lambda one: one != found[at]))
        changed = [*found[:at], other, *found[at + 1 :]]

        before = [own for *_, own in chain.lengthen(chain.GENESIS, 0, found)]
        after = [own for *_, own in chain.lengthen(chain.GENESIS, 0, changed)]

        assert before[:at] == after[:at]
        assert all(one != other for one, other in zip(before[at:], after[at:], strict=True))

    @hypothesis.settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(RECORD), st.integers(0, 20))
    def test_is_the_same_in_however_many_batches_it_grows(self, found, cut):
        whole = list(chain.lengthen(chain.GENESIS, 0, found))
        head = list(chain.lengthen(chain.GENESIS, 0, found[:cut]))
        end = head[-1][3] if head else chain.GENESIS

        assert head + list(chain.lengthen(end, len(head), found[cut:])) == whole


@pytest.mark.django_db
class TestSealing:
    def test_numbers_records_without_gaps(self, call, told):
        for name in ("CreateRepository", "DeleteRepository", "CreateBranch"):
            call(name)

        told()

        rows = list(Record.objects.order_by("pk"))
        assert [row.sequence for row in rows] == [1, 2, 3]
        assert rows[0].previous == chain.GENESIS
        assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]
        head = ChainHead.objects.get()
        assert (head.sequence, head.hash) == (3, rows[-1].hash)

    def test_takes_each_record_once_however_often_it_looks(self, call, told):
        call()
        told()
        told()
        call("DeleteRepository")

        assert [record["eventName"] for record in told()] == ["CreateRepository", "DeleteRepository"]

    def test_takes_a_record_once_even_when_the_place_in_the_file_was_lost(self, call, told):
        call()
        told()
        SpoolFile.objects.all().delete()

        assert len(told()) == 1

    def test_leaves_half_a_line_until_it_is_whole(self, call, told):
        call()
        path = spool.folder() / spool.own.name
        whole = path.read_bytes()
        path.write_bytes(whole[:-10])
        assert told() == []

        path.write_bytes(whole)

        assert len(told()) == 1

    def test_passes_over_a_line_that_cannot_be_read(self, call, told):
        call()
        with (spool.folder() / spool.own.name).open("ab") as file:
            file.write(b"{torn\n")
        call("DeleteRepository")

        assert len(told()) == 2

    def test_removes_the_file_of_a_process_that_is_gone(self, call, told, monkeypatch):
        call()
        name = spool.own.name
        told()
        spool.own.close()

        # What SQLite has on disk only after a while, the file keeps until then.
        assert len(told()) == 1
        assert (spool.folder() / name).exists()
        monkeypatch.setattr(sealing, "KEEP_SECONDS", 0.0)

        assert len(told()) == 1
        assert not (spool.folder() / name).exists()
        told()
        assert not SpoolFile.objects.exists()

    def test_loses_nothing_of_a_process_that_was_killed(self, told, home, monkeypatch):
        monkeypatch.setattr(sealing, "KEEP_SECONDS", 0.0)
        script = """
            import os, signal
            import django
            django.setup()
            from datetime import UTC, datetime
            from devopsweb.kernel.principals import Principal
            from monitoring.trail import api
            who = Principal(arn="arn:aws:iam::123456789012:user/ana", name="ana")
            for number in range(20):
                api.record(
                    principal=who, service="codecommit", name=f"Call{number}",
                    at=datetime.now(UTC), read_only=False,
                )
            os.kill(os.getpid(), signal.SIGKILL)
        """
        environment = {
            **os.environ,
            "DEVOPSWEB_HOME": str(settings.DEVOPSWEB_HOME),
            "DJANGO_SETTINGS_MODULE": "devopsweb.settings",
        }
        died = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=environment,
            cwd=settings.BASE_DIR,
            check=False,
        )
        assert died.returncode == -signal.SIGKILL

        assert [record["eventName"] for record in told()] == [f"Call{number}" for number in range(20)]
        assert spool.files() == []

    def test_works_in_batches(self, call, told, monkeypatch):
        monkeypatch.setattr(sealing, "BATCH", 3)
        for number in range(8):
            call(f"Call{number}")

        assert [record["eventName"] for record in told()] == [f"Call{number}" for number in range(8)]


class TestARecordOnDisk:
    @pytest.fixture
    def synced(self, monkeypatch):
        """How often the disk was asked to keep what was written."""
        times: list[int] = []
        monkeypatch.setattr(spool.os, "fdatasync", times.append)
        return times

    def test_is_synced_before_the_call_is_answered_if_the_operator_wants_it(self, call, synced, settings):
        settings.DEVOPSWEB_TRAIL_SYNC_SECONDS = 0.0

        call()
        call()

        assert len(synced) == 2

    def test_is_otherwise_synced_with_others_by_a_thread_a_moment_later(self, call, synced):
        done = threading.Event()
        bell = Flusher("test", lambda: 0.001, lambda: (spool.own.sync(), done.set()))
        call()
        call()
        assert synced == []
        bell.ring()

        assert done.wait(30)
        assert len(synced) == 1

    def test_is_not_synced_twice(self, synced):
        number = spool.own.append("{}")
        spool.own.append("{}")
        spool.own.sync(number)
        spool.own.sync(number)
        spool.own.sync(number + 1)

        assert len(synced) == 1

    def test_is_synced_before_its_file_is_left(self, synced):
        spool.own.append("{}")
        spool.own.close()

        assert len(synced) == 1


@pytest.mark.django_db
class TestARow:
    def test_can_be_neither_changed_nor_deleted(self, call, told):
        call()
        told()
        row = Record.objects.get()
        row.event_name = "Nothing"

        for deed in (
            row.save,
            row.delete,
            Record.objects.all().delete,
            lambda: Record.objects.update(event_name="Nothing"),
        ):
            with pytest.raises(AppendOnly):
                deed()

        assert Record.objects.get().event_name == "CreateRepository"


@pytest.mark.django_db
class TestWhatStrangersName:
    def test_takes_names_that_are_too_long_for_an_index(self, call, told):
        # No pattern and nothing that could be packed: a database has to take it as it is.
        draw = random.Random(7)
        text = "".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(2000))
        call("GetPolicy", arns=[f"arn:aws:iam::123456789012:policy/{text}"], user_agent=text)
        call("GetPolicy", source_ip=text, principal=replace(ANA, name=text, arn=f"arn:{text}"))
        call()

        assert [record["eventName"] for record in told()] == ["GetPolicy", "GetPolicy", "CreateRepository"]
