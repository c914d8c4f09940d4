"""What builds tell others: events, live topics, palette rows."""

import pytest

from devopsweb.events.models import Event
from devopsweb.iam.api import principal_of
from devopsweb.live import api as live
from devopsweb.ui import registry
from pipelines.builds import information
from tests.builds.conftest import NOON, spec

pytestmark = pytest.mark.django_db(transaction=True)


def details(detail_type: str) -> list[dict]:
    return [row.detail["detail"] for row in Event.objects.filter(detail_type=detail_type).order_by("pk")]


class TestEvents:
    def test_tell_of_start_and_end_with_codebuilds_keys(self, run):
        environment = [
            {"name": "COLOUR", "value": "green"},
            {"name": "TOKEN", "value": "s3cr3t-value", "secret": True},
        ]

        build = run(spec("false"), environment=environment)

        began, ended = details("CodeBuild Build State Change")
        assert (began["build-status"], ended["build-status"]) == ("IN_PROGRESS", "FAILED")
        assert ended["build-id"] == build.arn
        more = ended["additional-information"]
        assert more["logs"]["stream-name"] == str(build.uuid)
        assert more["environment"]["environment-variables"] == [
            {"name": "COLOUR", "type": "PLAINTEXT", "value": "green"},
            {"name": "TOKEN", "type": "SECRETS_MANAGER"},
        ]
        assert "s3cr3t" not in str(Event.objects.values_list("detail", flat=True))
        [bad] = [p for p in more["phases"] if p.get("phase-status") == "FAILED"]
        assert bad["phase-type"] == "BUILD"
        assert bad["phase-context"][0].startswith("COMMAND_EXECUTION_ERROR: ")

    def test_tell_of_each_phase(self, run):
        run(spec("true"))

        told = details("CodeBuild Build Phase Change")
        assert [one["completed-phase"] for one in told] == [
            "PROVISIONING",
            "DOWNLOAD_SOURCE",
            "INSTALL",
            "PRE_BUILD",
            "BUILD",
            "POST_BUILD",
            "UPLOAD_ARTIFACTS",
            "FINALIZING",
        ]
        assert {one["completed-phase-status"] for one in told} == {"SUCCEEDED"}

    def test_write_times_as_codebuild_does(self):
        assert information.spoken(NOON) == "Mar 17, 2026 12:00:00 PM"
        assert information.spoken(NOON.replace(hour=0, minute=5)) == "Mar 17, 2026 12:05:00 AM"


class TestLive:
    def test_topics_are_for_those_who_may_see_builds(self, start, owner, outsider):
        build = start(spec("true"))

        for topic in (build.topic, "builds:all"):
            assert live.may_watch(principal_of(owner), topic)
            assert not live.may_watch(principal_of(outsider), topic)


class TestPalette:
    def rows(self, user) -> list[str]:
        principal = principal_of(user)
        return [
            row.href
            for provider in registry.palette_providers
            for row in provider(principal, "we")
            if row.href.startswith("/builds/")
        ]

    def test_finds_projects(self, start, owner, outsider):
        start(spec("true"))

        assert "/builds/web/" in self.rows(owner)
        assert self.rows(outsider) == []
