"""Blobs are named by their bytes, whole or absent, and can be read from anywhere in them."""

import hashlib
import os
import threading
from datetime import timedelta

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devopsweb.blobs import api, http
from devopsweb.blobs.actions import cleaning
from devopsweb.kernel import clock

TEXT = b"the quick brown fox"


@pytest.fixture
def fox():
    return api.put([TEXT])


class TestPut:
    def test_names_a_blob_by_its_bytes(self, fox):
        assert fox == api.Blob(hashlib.sha256(TEXT).hexdigest(), len(TEXT))
        assert api.path(fox.digest).read_bytes() == TEXT

    def test_of_the_same_bytes_keeps_one_copy(self, fox):
        again = api.put([TEXT[:3], TEXT[3:]])

        assert again == fox
        assert len([p for p in api.root().rglob("*") if p.is_file()]) == 1

    def test_copies_a_file(self, tmp_path):
        source = tmp_path / "source"
        source.write_bytes(TEXT)

        assert api.path(api.put_file(source).digest).read_bytes() == TEXT

    def test_that_fails_in_the_middle_leaves_nothing(self):
        def half():
            yield TEXT
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="disk is gone"):
            api.put(half())

        assert [p for p in api.root().rglob("*") if p.is_file()] == []

    def test_by_many_at_once_is_safe(self):
        found = []
        threads = [threading.Thread(target=lambda: found.append(api.put([TEXT]))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(found)) == 1
        assert len(found) == 8

    def test_of_nothing_is_a_blob_too(self):
        assert api.put([]).size == 0


class TestPath:
    @pytest.mark.parametrize("digest", ["", "../../etc/passwd", "a" * 64, "A" * 64, "a" * 63 + "\n"])
    def test_of_what_is_no_blob_is_not_found(self, digest):
        with pytest.raises(api.BlobNotFound):
            api.path(digest)


class TestChunks:
    @given(st.binary(max_size=300), st.data())
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_of_any_range_are_those_bytes(self, content, data):
        blob = api.put([content])
        start = data.draw(st.integers(0, blob.size))
        length = data.draw(st.integers(0, blob.size - start))

        assert (
            b"".join(api.chunks(blob.digest, start=start, length=length)) == content[start : start + length]
        )

    def test_come_in_pieces(self):
        blob = api.put([b"x" * (api.CHUNK * 2 + 5)])

        assert [len(piece) for piece in api.chunks(blob.digest)] == [api.CHUNK, api.CHUNK, 5]

    @pytest.mark.parametrize(("start", "length"), [(-1, 2), (0, 20), (20, None), (5, -1)])
    def test_outside_the_blob_are_refused_at_once(self, fox, start, length):
        with pytest.raises(api.RangeNotSatisfiable):
            api.chunks(fox.digest, start=start, length=length)


class TestVerify:
    def test_tells_a_whole_blob_from_a_damaged_one(self, fox):
        before = api.verify(fox.digest)
        api.path(fox.digest).write_bytes(b"tampered")

        assert (before, api.verify(fox.digest)) == (True, False)


class TestDownload:
    def get(self, fox, **headers):
        request = RequestFactory().get("/", headers=headers)
        return http.download(request, fox.digest, filename="fox.txt", content_type="text/plain")

    def test_streams_the_whole_blob(self, fox):
        answer = self.get(fox)

        assert b"".join(answer) == TEXT
        assert (answer.status_code, answer["Content-Length"]) == (200, "19")
        assert answer["Content-Disposition"] == 'attachment; filename="fox.txt"'

    @pytest.mark.parametrize(
        ("asked", "part", "told"),
        [
            ("bytes=4-8", b"quick", "bytes 4-8/19"),
            ("bytes=16-", b"fox", "bytes 16-18/19"),
            ("bytes=-3", b"fox", "bytes 16-18/19"),
            ("bytes=16-99", b"fox", "bytes 16-18/19"),
        ],
    )
    def test_resumes(self, fox, asked, part, told):
        answer = self.get(fox, Range=asked)

        assert (answer.status_code, b"".join(answer), answer["Content-Range"]) == (206, part, told)

    @pytest.mark.parametrize("asked", ["bytes=19-", "bytes=-0", "bytes=9-4"])
    def test_of_a_range_outside_says_how_long_the_blob_is(self, fox, asked):
        answer = self.get(fox, Range=asked)

        assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */19")

    @pytest.mark.parametrize("asked", ["lines=1-2", "bytes=0-1,3-4", "bytes=-"])
    def test_of_a_range_it_does_not_know_answers_all(self, fox, asked):
        assert self.get(fox, Range=asked).status_code == 200

    def test_costs_nothing_when_the_browser_has_it(self, fox):
        assert self.get(fox, **{"If-None-Match": f'"{fox.digest}"'}).status_code == 304

    def test_of_another_version_starts_anew(self, fox):
        assert self.get(fox, Range="bytes=4-8", **{"If-Range": '"other"'}).status_code == 200

    def test_of_an_empty_blob_is_empty(self):
        answer = self.get(api.put([]))

        assert (answer.status_code, b"".join(answer)) == (200, b"")


class TestSweep:
    def test_removes_what_a_killed_writer_left_and_nothing_younger(self, fox):
        now = clock.now()
        for name, age in (("old", timedelta(days=2)), ("young", timedelta(hours=1))):
            file = api.incoming() / name
            file.write_bytes(b"half")
            stamp = (now - age).timestamp()
            os.utime(file, (stamp, stamp))

        assert cleaning.sweep_incoming(at=now) == 1
        assert [p.name for p in api.incoming().iterdir()] == ["young"]
        assert api.verify(fox.digest)

    def test_of_a_new_installation_finds_nothing(self):
        assert cleaning.sweep_incoming(at=clock.now()) == 0
