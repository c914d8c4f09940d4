"""Pages of logs, with and without permission, with and without scripts."""

from datetime import timedelta

import pytest

from monitoring.logs import api
from monitoring.logs.actions import retention
from monitoring.logs.adapters import files
from monitoring.logs.models import LogGroup, LogStream
from monitoring.logs.types import Line
from tests.logs.conftest import NOON, numbered

GROUP = "/logs/group/?name=/aws/codebuild/web"


@pytest.fixture
def page(client_of, teammate):
    """``page(path)``: the text of a page that the teammate sees."""
    browser = client_of(teammate)

    def get(path: str) -> str:
        response = browser.get(path)
        assert response.status_code == 200
        return response.content.decode()

    return get


class TestGroups:
    def test_are_listed(self, page, stream):
        assert "/aws/codebuild/web" in page("/logs/")

    def test_are_filtered(self, page, stream):
        assert "No log group matches “nothing”" in page("/logs/?q=nothing")

    def test_may_be_none(self, page):
        assert "No logs yet" in page("/logs/")

    def test_cost_few_queries(self, page, db, django_assert_max_num_queries):
        for n in range(60):
            api.create_stream(group=f"/g/{n}", name="s", at=NOON)

        with django_assert_max_num_queries(12):
            assert "Older log groups" in page("/logs/")


class TestGroup:
    def test_lists_its_streams_with_their_lines(self, page, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 1234))

        text = page(GROUP)

        assert "build-1" in text
        assert "1,234" in text
        assert "Being written" in text

    def test_pages(self, page, db):
        for n in range(51):
            api.create_stream(group="/aws/codebuild/web", name=f"build-{n}", at=NOON)

        assert "Older log streams" in page(GROUP)

    def test_that_is_not_there_is_not_found(self, client_of, owner):
        assert client_of(owner).get("/logs/group/?name=/none").status_code == 404

    def test_offers_retention_only_to_who_may_change_it(self, page, client_of, owner, stream):
        assert "Change retention" not in page(GROUP)
        assert "Change retention" in client_of(owner).get(GROUP).content.decode()


class TestRetention:
    def test_is_changed_by_form(self, client_of, owner, stream):
        client_of(owner).post("/logs/group/keep/", {"name": "/aws/codebuild/web", "days": "7"})
        assert LogGroup.objects.get().retention_days == 7

        client_of(owner).post("/logs/group/keep/", {"name": "/aws/codebuild/web", "days": ""})
        assert LogGroup.objects.get().retention_days is None

    def test_takes_only_cloudwatchs_periods(self, client_of, owner, stream):
        client_of(owner).post("/logs/group/keep/", {"name": "/aws/codebuild/web", "days": "8"})

        assert LogGroup.objects.get().retention_days is None

    def test_is_refused_to_a_reader(self, client_of, teammate, stream):
        response = client_of(teammate).post("/logs/group/keep/", {"name": "/aws/codebuild/web", "days": "7"})

        assert response.status_code == 403

    def test_deletes_what_ended_long_ago(self, stream, folder):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))
        api.close(stream_id=stream)
        running = api.create_stream(group="/aws/codebuild/web", name="build-2", at=NOON)
        api.append(stream_id=running, first=0, lines=numbered(0, 1))
        LogGroup.objects.update(retention_days=1)
        LogStream.objects.filter(uuid=stream).update(ended_at=NOON)

        assert retention.delete_expired(at=NOON + timedelta(hours=23)) == 0
        assert retention.delete_expired(at=NOON + timedelta(hours=25)) == 1
        assert retention.delete_expired(at=NOON + timedelta(hours=25)) == 0

        assert not folder.exists()
        assert files.place(running).exists()


class TestStream:
    def test_shows_its_last_lines_without_scripts(self, page, stream):
        api.append(
            stream_id=stream,
            first=0,
            lines=[*numbered(0, 499), Line(1, "\x1b[31m<b>bad</b>\x1b[0m", "error")],
        )

        text = page(f"/logs/view/{stream}/")

        assert "line 300" in text
        assert "line 299" not in text
        assert "&lt;b&gt;bad&lt;/b&gt;" in text
        assert f"/logs/view/{stream}/?to=300" in text

    def test_shows_older_lines_without_scripts(self, page, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 500))

        text = page(f"/logs/view/{stream}/?to=300")

        assert "line 100<" in text
        assert "line 300<" not in text
        assert "Newer lines" in text

    def test_finds_text_without_scripts(self, page, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 500))

        assert f'<a href="/logs/view/{stream}/?to=178#L78">78</a>' in page(f"/logs/view/{stream}/?q=LINE+77")

    @pytest.mark.parametrize("to", ["x", "-1", "99999", "0"])
    def test_survives_odd_questions(self, page, stream, to):
        page(f"/logs/view/{stream}/?to={to}")

    def test_says_what_comes_when_there_is_nothing(self, page, stream):
        assert "No lines yet." in page(f"/logs/view/{stream}/")


class TestWhoMayLook:
    @pytest.mark.parametrize("path", ["/logs/", GROUP, "/logs/view/{stream}/"])
    def test_an_outsider_may_not(self, client_of, outsider, stream, path):
        assert client_of(outsider).get(path.format(stream=stream)).status_code == 403

    def test_a_stranger_signs_in_first(self, client, stream):
        assert client.get(f"/logs/view/{stream}/").status_code == 302


class TestLiveParts:
    @pytest.mark.parametrize(
        "path", ["/logs/?part=rows", f"{GROUP}&part=rows", "/logs/view/{stream}/?part=head"]
    )
    def test_answer_alone_and_not_again_while_unchanged(self, client_of, teammate, stream, path):
        browser = client_of(teammate)
        first = browser.get(path.format(stream=stream))

        again = browser.get(path.format(stream=stream), headers={"HX-PTag": first["HX-PTag"]})

        assert b"<html" not in first.content
        assert again.status_code == 304

    def test_are_told_to_those_who_may_read(self, stream, teammate, outsider):
        from devopsweb.iam.api import principal_of
        from devopsweb.live.api import may_watch

        for topic in (f"log:{stream}", "logs:all"):
            assert may_watch(principal_of(teammate), topic)
            assert not may_watch(principal_of(outsider), topic)
        assert not may_watch(principal_of(teammate), "log:nothing")


class TestPalette:
    def test_finds_groups_for_those_who_may_list_them(self, stream, teammate, outsider):
        from devopsweb.iam.api import principal_of
        from monitoring.logs.palette import rows

        assert [row.label for row in rows(principal_of(teammate), "codebuild")] == ["/aws/codebuild/web"]
        assert rows(principal_of(outsider), "codebuild") == []


class TestViewerOnOtherPages:
    def render(self, user, stream) -> str:
        from django.template.loader import render_to_string
        from django.test import RequestFactory

        from devopsweb.iam.api import principal_of

        request = RequestFactory().get("/builds/web/1/")
        request.principal = principal_of(user)
        return render_to_string("logs/viewer.html", {"stream": api.info(stream), "request": request})

    def test_shows_lines_to_a_reader(self, teammate, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))

        text = self.render(teammate, stream)

        assert "line 2" in text
        assert f'data-stream="{stream}"' in text

    def test_tells_others_what_they_lack_and_shows_nothing(self, outsider, stream):
        api.append(stream_id=stream, first=0, lines=numbered(0, 3))

        text = self.render(outsider, stream)

        assert "line 2" not in text
        assert "logs:GetLogEvents" in text
        assert "data-log" not in text
