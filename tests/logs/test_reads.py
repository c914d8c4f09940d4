"""Reads over HTTP: ranges, marks, search, download, and who may."""

import gzip
import json

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator

from monitoring.logs import api
from monitoring.logs.types import Line
from tests.logs.conftest import numbered

pytestmark = pytest.mark.django_db(transaction=True)


class Answer:
    """What a read answered."""

    def __init__(self, start: dict, body: bytes) -> None:
        self.status = start["status"]
        self.headers = {k.decode(): v.decode() for k, v in start["headers"]}
        self.body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    @property
    def json(self):
        return json.loads(self.body)


@async_to_sync
async def _get(cookie: str, path: str, headers: dict[str, str], method: str) -> Answer:
    from devopsweb.asgi import application

    path, _, query = path.partition("?")
    pairs = [(k.encode(), v.encode()) for k, v in {"cookie": cookie, **headers}.items()]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": pairs}
    browser = ApplicationCommunicator(application, scope)
    await browser.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await browser.receive_output(30)
    body = b""
    while True:
        part = await browser.receive_output(30)
        body += part.get("body", b"")
        if not part.get("more_body"):
            await browser.wait(30)
            return Answer(start, body)


@pytest.fixture
def get(client_of):
    """``get(user, path)`` through the whole ASGI application."""

    def call(user, path: str, method: str = "GET", **headers: str) -> Answer:
        cookie = f"sessionid={client_of(user).cookies['sessionid'].value}" if user else ""
        return _get(cookie, path, {k.replace("_", "-"): v for k, v in headers.items()}, method)

    return call


@pytest.fixture
def url(stream):
    return f"/logs/streams/{stream}"


class TestLines:
    def test_come_by_range(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=[Line(5, "zéro", "command"), *numbered(1, 9)])

        page = get(teammate, f"{url}/lines?from=0&limit=2").json

        assert page == {
            "from": 0, "total": 10, "ended": False, "lines": [[5, "command", "zéro"], [1001, "", "line 1"]],
        }  # fmt: skip

    def test_come_from_the_end(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=numbered(0, 10))

        assert get(teammate, f"{url}/lines?from=-3").json["from"] == 7

    def test_come_compressed(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=numbered(0, 500))

        answer = get(teammate, f"{url}/lines", accept_encoding="gzip, br")

        assert answer.headers["content-encoding"] == "gzip"
        assert len(answer.json["lines"]) == 500

    def test_come_once_while_unchanged(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=numbered(0, 10))
        tag = get(teammate, f"{url}/lines").headers["etag"]

        again = get(teammate, f"{url}/lines", if_none_match=tag)
        api.append(stream_id=stream, first=10, lines=numbered(10, 1))
        changed = get(teammate, f"{url}/lines", if_none_match=tag)

        assert (again.status, again.body, changed.status) == (304, b"", 200)

    def test_of_an_ended_log_may_be_kept(self, get, url, stream, teammate):
        api.close(stream_id=stream)

        assert "max-age=3600" in get(teammate, f"{url}/lines").headers["cache-control"]

    @pytest.mark.parametrize("query", ["from=x", "from=99999999", "limit=0", "limit=-1", "from=-99"])
    def test_survive_odd_questions(self, get, url, teammate, query):
        assert get(teammate, f"{url}/lines?{query}").json["lines"] == []


class TestMarks:
    def test_come_with_the_total(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=[Line(1, "Entering phase BUILD", "phase:BUILD")])

        assert get(teammate, f"{url}/marks").json == {
            "total": 1, "ended": False, "first_ms": 1, "last_ms": 1, "marks": [[0, 1, "phase:BUILD", "Entering phase BUILD"]],
        }  # fmt: skip


class TestSearch:
    def found(self, answer):
        rows = [json.loads(row) for row in answer.body.splitlines()]
        return [n for row in rows[:-1] for n in row["numbers"]], rows[-1]

    def test_ignores_case_and_colours(self, get, url, stream, teammate):
        lines = [Line(1, "FAILED"), Line(1, "fine"), Line(1, "\x1b[31mfai\x1b[0mled"), Line(1, 'a "Quote"')]
        api.append(stream_id=stream, first=0, lines=lines)

        assert self.found(get(teammate, f"{url}/search?q=failed"))[0] == [0, 2]
        assert self.found(get(teammate, f"{url}/search?q=%22quote%22"))[0] == [3]

    def test_looks_through_links_and_literal_escapes(self, get, url, stream, teammate):
        link = "\x1b]8;;http://x\x07nee\x1b]8;;\x07dle"
        api.append(
            stream_id=stream, first=0, lines=[Line(1, link), Line(1, "nee\\u001b[0mdle"), Line(1, "needle")]
        )

        assert self.found(get(teammate, f"{url}/search?q=needle"))[0] == [0, 2]

    def test_finds_other_alphabets(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=[Line(1, "Größe"), Line(1, "size")])

        assert self.found(get(teammate, f"{url}/search?q=GR%C3%96SSE"))[0] == []
        assert self.found(get(teammate, f"{url}/search?q=GR%C3%96%C3%9FE"))[0] == [0]

    def test_stops_at_its_limit(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=numbered(0, 30_000))

        numbers, end = self.found(get(teammate, f"{url}/search?q=line&limit=25"))

        assert numbers == list(range(25))
        assert end["cut"]

    def test_needs_a_text(self, get, url, teammate):
        assert get(teammate, f"{url}/search").status == 400


class TestRaw:
    def test_is_the_text_with_its_colours(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=[Line(1, "\x1b[31mred\x1b[0m"), Line(2, "é")])

        answer = get(teammate, f"{url}/raw")

        assert answer.body.decode() == "\x1b[31mred\x1b[0m\né\n"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert get(teammate, f"{url}/raw?plain").body.decode() == "red\né\n"

    def test_downloads_under_the_streams_name(self, get, url, teammate):
        answer = get(teammate, f"{url}/raw?download")

        assert answer.headers["content-disposition"].endswith("aws-codebuild-web-build-1.log")

    def test_streams_many_chunks(self, get, url, stream, teammate):
        api.append(stream_id=stream, first=0, lines=numbered(0, 40_000))

        assert get(teammate, f"{url}/raw").body.decode().splitlines() == [f"line {n}" for n in range(40_000)]


class TestWhoMayRead:
    @pytest.mark.parametrize("what", ["lines", "marks", "search?q=a", "raw"])
    def test_an_outsider_may_not(self, get, url, outsider, what):
        answer = get(outsider, f"{url}/{what}")

        assert answer.status == 403
        assert "logs:GetLogEvents" in answer.json["error"]

    def test_a_stranger_signs_in_first(self, get, url):
        answer = get(None, f"{url}/raw?plain")

        assert answer.status == 302
        assert answer.headers["location"].endswith(f"?next={url}/raw%3Fplain")
        assert get(None, f"{url}/lines", sec_fetch_mode="cors").status == 401

    def test_nothing_is_written_here(self, get, url, owner):
        assert get(owner, f"{url}/lines", method="POST").status == 405

    @pytest.mark.parametrize(
        "path", ["/logs/streams/", "/logs/streams/6b1f6f8e-0000-4000-8000-000000000000/raw"]
    )
    def test_what_is_not_there_is_not_found(self, get, owner, path):
        assert get(owner, path).status == 404
